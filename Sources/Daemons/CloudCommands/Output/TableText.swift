// SPDX-License-Identifier: Apache-2.0

/// Rows as text.
enum TableText {
    /// Columns of one width each, two spaces between them, the titles in capital letters.
    static func table(_ titles: [String], _ rows: [[String]], colour: Bool = false) -> String {
        let titles = titles.map { $0.uppercased() }
        let rows = rows.map { $0.map(Escape.line) }
        let widths = titles.indices.map { index in ([titles] + rows).map { TextWidth.of($0[index]) }.max() ?? 0 }
        let head = line(titles, widths)
        return ([colour ? "\u{1B}[1m\(head)\u{1B}[0m" : head] + rows.map { line($0, widths) }).map { $0 + "\n" }.joined()
    }

    /// One property a line.
    static func properties(_ titles: [String], _ values: [String], colour: Bool = false) -> String {
        let width = titles.map(TextWidth.of).max() ?? 0
        return zip(titles, values).map { title, value in
            let padded = padded(title, width + 2)
            return (colour ? "\u{1B}[1m\(padded)\u{1B}[0m" : padded) + Escape.line(value) + "\n"
        }.joined()
    }

    /// One row a line, fields between tabs.
    static func tsv(_ rows: [[String]]) -> String {
        rows.map { $0.map(Escape.field).joined(separator: "\t") + "\n" }.joined()
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        var result = ""
        for (index, cell) in cells.enumerated() { result += index == cells.count - 1 ? cell : padded(cell, widths[index] + 2) }
        return result
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - TextWidth.of(text)))
    }
}
