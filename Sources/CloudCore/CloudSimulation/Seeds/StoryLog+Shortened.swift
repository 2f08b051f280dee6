// SPDX-License-Identifier: Apache-2.0

extension StoryLog {
    /// The lines that a reader needs first: those that name what the sentences name, what went wrong, and the last ones. What lies between
    /// is counted. At most so many lines, the newest.
    public func shortened(about sentences: [String], keeping most: Int = 60) -> [String] {
        let lines = lines
        let named = Set(sentences.flatMap(Self.ids))
        var shown = lines.indices.filter { index in
            index >= lines.count - 10 || Self.isFault(lines[index]) || !named.isDisjoint(with: Self.ids(in: lines[index]))
        }
        shown = Array(shown.suffix(max(1, most)))
        var (text, next) = ([String](), 0)
        for index in shown {
            if index > next { text.append("… \(index - next) lines") }
            text.append(lines[index])
            next = index + 1
        }
        return text
    }

    /// The words of a text that are ids: a kind, a hyphen and twenty characters.
    private static func ids(in text: String) -> [Substring] {
        text.split { !($0.isLetter || $0.isNumber || $0 == "-") }.filter { word in
            word.split(separator: "-").last.map { $0.count == 20 } ?? false && word.contains("-")
        }
    }

    /// Whether a line tells of something that went wrong, or of a manager's life.
    private static func isFault(_ line: String) -> Bool {
        ["manager", " is lost", " is late", "a commit is", ": calls are "].contains { line.contains($0) }
    }
}
