// SPDX-License-Identifier: Apache-2.0

import CloudModel

extension CloudError {
    /// A refusal of a parameter of the query: its `pointer` is the name after a question mark, so nobody takes it for a field of the body.
    init(_ code: ErrorCode, query name: String, _ reason: String) { self.init(code, ["pointer": "?\(name)", "reason": reason]) }

    /// A refusal of a header field: its `pointer` is the name before a colon.
    init(_ code: ErrorCode, header name: String, _ reason: String) { self.init(code, ["pointer": "\(name):", "reason": reason]) }
}

/// Percent-encoding (RFC 3986, 2.1), strictly: what is half an escape or no UTF-8 is refused.
enum Percent {
    /// The decoded text; nil for a broken escape, bytes that are no UTF-8, or a NUL.
    static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = digit(rest.popFirst()), let low = digit(rest.popFirst()) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// The text with everything but unreserved characters escaped.
    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    private static func digit(_ byte: UInt8?) -> UInt8? {
        guard let byte, byte < 0x80 else { return nil }
        return Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }

    /// The parameters of a query. Throws `malformed-request` for one that is broken, unknown or there twice.
    static func query(_ text: String?, known: [String]) throws(CloudError) -> [String: String] {
        var result: [String: String] = [:]
        for pair in (text ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0], plusIsSpace: true), let value = decoded(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else { throw CloudError(.malformedRequest, ["pointer": "", "reason": "the query is not percent-encoded UTF-8"]) }
            guard known.contains(name) else { throw CloudError(.malformedRequest, query: name, "the parameter is not known") }
            guard result.updateValue(value, forKey: name) == nil else {
                throw CloudError(.malformedRequest, query: name, "the parameter is there twice")
            }
        }
        return result
    }
}
