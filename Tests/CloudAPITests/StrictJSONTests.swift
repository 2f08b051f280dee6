// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import Foundation
import Testing

@Suite struct StrictJSONTests {
    private func parse(_ text: String) throws -> JSONValue { try StrictJSON.parse(Array(text.utf8)) }

    @Test func readsWhatJSONIs() throws {
        let value = try parse(" {\"a\": [1, -0.5e+10, true, false, null, \"x\\u00e9\\ud83d\\ude00\\n\\/\"], \"b\": {}} \n")
        #expect(value["b"] == .object([]))
        #expect(value["a"] == .array([.number("1"), .number("-0.5e+10"), .boolean(true), .boolean(false), .null, .string("xé😀\n/")]))
    }

    @Test(arguments: [
        ("", "", StrictJSON.Reason.empty), ("  ", "", .empty), ("{", "", .unexpectedEnd), ("{\"a\":1,\"a\":2}", "/a", .duplicateKey),
        ("{\"a\":1,\"\\u0061\":2}", "/a", .duplicateKey), ("{\"x\":[{\"k\":1,\"k\":1}]}", "/x/0/k", .duplicateKey),
        ("{} {}", "", .trailing), ("{}\u{0}", "", .trailing), ("[1,]", "/1", .unexpectedByte), ("{\"a\":1,}", "", .unexpectedByte),
        ("{'a':1}", "", .unexpectedByte), ("[01]", "/0", .badNumber), ("[1.]", "/0", .badNumber), ("[-]", "/0", .badNumber),
        ("[1e]", "/0", .badNumber), ("[+1]", "/0", .unexpectedByte), ("[NaN]", "/0", .unexpectedByte), ("[\"\\x\"]", "/0", .badEscape),
        ("[\"\\ud800\"]", "/0", .badEscape), ("[\"\\ud800\\u0041\"]", "/0", .badEscape), ("[\"\\udc00\"]", "/0", .badEscape),
        ("[\"a\u{1}\"]", "/0", .rawControl), ("[\"abc", "/0", .unexpectedEnd), ("tru", "", .unexpectedEnd),
        ("{\"a/b~c\":[}", "/a~1b~0c/0", .unexpectedByte),
        ("\u{FEFF}{}", "", .unexpectedByte), ("// x\n{}", "", .unexpectedByte),
    ])
    func refusesWhatTwoReadersCouldReadDifferently(_ text: String, _ pointer: String, _ reason: StrictJSON.Reason) {
        let refusal = CloudError(.malformedRequest, ["pointer": pointer, "reason": reason.rawValue])
        #expect(throws: refusal) { try parse(text) }
    }

    @Test(arguments: [[0xFF], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF8, 0x22]] as [[UInt8]])
    func refusesBytesThatAreNotUTF8(_ bytes: [UInt8]) {
        #expect(throws: CloudError(.malformedRequest, ["pointer": "", "reason": StrictJSON.Reason.notUTF8.rawValue])) {
            try StrictJSON.parse(bytes)
        }
    }

    @Test func depthIsLimitedAndTheStackIsSafe() throws {
        func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        _ = try parse(nested(64))
        #expect(throws: CloudError.self) { try parse(nested(65)) }
        #expect(throws: CloudError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: CloudError.self) { try parse(String(repeating: "{\"a\":", count: 100_000)) }
    }

    /// Whatever the bytes, the reader answers: with a value that Foundation reads too, or with a refusal.
    @Test func noBytesBreakIt() {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        let alphabet = Array("{}[]:,\"\\u0019eE.-+ tfnrls\u{e9}\u{7f}".utf8)
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<(state % 24) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            do throws(CloudError) {
                _ = try StrictJSON.parse(bytes)
                #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) }
            } catch { #expect(error.code == .malformedRequest) }
        }
    }
}
