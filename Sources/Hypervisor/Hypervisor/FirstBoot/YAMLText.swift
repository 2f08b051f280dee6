// SPDX-License-Identifier: Apache-2.0

/// A piece of YAML that is written, never parsed. Keys are in the source; texts are data, always in double quotes.
indirect enum YAMLText {
    case text(String)
    case number(Int)
    case flag(Bool)
    case list([YAMLText])
    case map([(String, YAMLText)])

    /// A document of one map.
    static func of(_ fields: [(String, YAMLText)]) -> String {
        fields.map { "\($0):" + $1.lines(indent: "  ") }.joined()
    }

    /// What stands behind a key or a dash, to the end of the line or over the next ones.
    private func lines(indent: String) -> String {
        switch self {
        case .text(let text): " \(Self.quoted(text))\n"
        case .number(let number): " \(number)\n"
        case .flag(let flag): " \(flag)\n"
        case .list(let list) where list.isEmpty: " []\n"
        case .list(let list):
            "\n" + list.map { "\(indent)-" + $0.item(indent: indent + "  ") }.joined()
        case .map(let fields) where fields.isEmpty: " {}\n"
        case .map(let fields):
            "\n" + fields.map { "\(indent)\($0):" + $1.lines(indent: indent + "  ") }.joined()
        }
    }

    /// A map in a list begins beside its dash.
    private func item(indent: String) -> String {
        guard case .map(let fields) = self, !fields.isEmpty else { return lines(indent: indent) }
        return " " + fields.map { "\($0):" + $1.lines(indent: indent + "  ") }.joined(separator: indent)
    }

    /// A double-quoted scalar (YAML 1.1, 5.7), of printable ASCII only: readers differ in which other characters end a line.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case " "..."~": result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                let (letter, width) = scalar.value < 0x1_0000 ? ("u", 4) : ("U", 8)
                result += "\\\(letter)" + String(repeating: "0", count: width - digits.count) + digits
            }
        }
        return result + "\""
    }
}
