// SPDX-License-Identifier: Apache-2.0

import CloudModel

extension JSONReader {
    /// Reads a string whose opening quote is the current byte.
    mutating func string(at pointer: JSONPointer) throws(CloudError) -> String {
        position += 1
        var result: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &result, at: pointer)
            case 0..<0x20: throw StrictJSON.refusal(.rawControl, pointer)
            default: result.append(byte)
            }
        }
        throw StrictJSON.refusal(.unexpectedEnd, pointer)
    }

    private mutating func escape(into result: inout [UInt8], at pointer: JSONPointer) throws(CloudError) {
        guard let byte = current else { throw StrictJSON.refusal(.unexpectedEnd, pointer) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "b"): result.append(8)
        case UInt8(ascii: "f"): result.append(12)
        case UInt8(ascii: "n"): result.append(10)
        case UInt8(ascii: "r"): result.append(13)
        case UInt8(ascii: "t"): result.append(9)
        case UInt8(ascii: "u"): result.append(contentsOf: String(try scalar(at: pointer)).utf8)
        default: throw StrictJSON.refusal(.badEscape, pointer)
        }
    }

    /// Four hexadecimal digits, and four more where the first are the upper half of a surrogate pair.
    private mutating func scalar(at pointer: JSONPointer) throws(CloudError) -> Character {
        let high = try hexadecimal(at: pointer)
        var code = high
        if (0xD800..<0xDC00).contains(high) {
            guard take("\\"), take("u") else { throw StrictJSON.refusal(.badEscape, pointer) }
            let low = try hexadecimal(at: pointer)
            guard (0xDC00..<0xE000).contains(low) else { throw StrictJSON.refusal(.badEscape, pointer) }
            code = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw StrictJSON.refusal(.badEscape, pointer) }
        return Character(scalar)
    }

    private mutating func hexadecimal(at pointer: JSONPointer) throws(CloudError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw StrictJSON.refusal(atEnd ? .unexpectedEnd : .badEscape, pointer)
            }
            position += 1
            code = code << 4 | UInt32(digit)
        }
        return code
    }
}
