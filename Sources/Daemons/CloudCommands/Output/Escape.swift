// SPDX-License-Identifier: Apache-2.0

/// Texts of others on a terminal: what would move the cursor, change colours or turn the direction of writing is shown, not done.
enum Escape {
    /// One line for people: control characters and overrides become `\u{1B}`, others stay.
    static func line(_ text: String) -> String { escaped(text, backslash: false) }

    /// One field of tab-separated values: the same, and a backslash is doubled, so that the way back is clear.
    static func field(_ text: String) -> String { escaped(text, backslash: true) }

    private static func escaped(_ text: String, backslash: Bool) -> String {
        guard text.unicodeScalars.contains(where: { isHarmful($0) || $0 == "\\" }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t": result += "\\t"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\\" where backslash: result += "\\\\"
            case _ where isHarmful(scalar): result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        }
    }
}
