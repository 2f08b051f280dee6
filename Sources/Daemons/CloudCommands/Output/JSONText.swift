// SPDX-License-Identifier: Apache-2.0

import CloudAPI

/// Writes JSON as it was read: all fields, in their order, numbers in their own spelling.
enum JSONText {
    /// On one line.
    static func compact(_ value: JSONValue) -> String { text(value, nil) }
    /// With two spaces a level.
    static func pretty(_ value: JSONValue) -> String { text(value, 0) }

    private static func text(_ value: JSONValue, _ depth: Int?) -> String {
        switch value {
        case .null: "null"
        case .boolean(let truth): truth ? "true" : "false"
        case .number(let spelling): spelling
        case .string(let string): quoted(string)
        case .array(let items): group("[", items.map { text($0, depth.map { $0 + 1 }) }, "]", depth)
        case .object(let members):
            group(
                "{",
                members.map { quoted($0.key) + (depth == nil ? ":" : ": ") + text($0.value, depth.map { $0 + 1 }) }, "}", depth)
        }
    }

    private static func group(_ open: String, _ parts: [String], _ close: String, _ depth: Int?) -> String {
        guard let depth, !parts.isEmpty else { return open + parts.joined(separator: ",") + close }
        let inner = "\n" + String(repeating: "  ", count: depth + 1)
        return open + inner + parts.joined(separator: "," + inner) + "\n" + String(repeating: "  ", count: depth) + close
    }

    /// A string with what RFC 8259 wants escaped, and with the controls beyond it, for a terminal reads them too.
    private static func quoted(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
