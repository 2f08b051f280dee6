// SPDX-License-Identifier: Apache-2.0

/// Names that may have been meant.
enum Likeness {
    /// At most five names that contain the text, or differ from it by two edits at most; the nearest first, then in the order of names.
    static func closest(to text: String, among names: [String]) -> [String] {
        let wanted = text.lowercased()
        let ranked = Set(names).compactMap { name -> (name: String, distance: Int)? in
            let candidate = name.lowercased()
            let distance = distance(Array(wanted), Array(candidate), limit: 2)
            if let distance, distance < max(wanted.count, 1) { return (name, distance) }
            return !wanted.isEmpty && candidate.contains(wanted) ? (name, 3) : nil
        }
        return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(5).map(\.name)
    }

    /// Levenshtein's distance; nil where it is above the limit.
    private static func distance(_ left: [Character], _ right: [Character], limit: Int) -> Int? {
        guard abs(left.count - right.count) <= limit else { return nil }
        var row = Array(0...right.count)
        for (index, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (other, candidate) in right.enumerated() {
                let substituted = diagonal + (character == candidate ? 0 : 1)
                diagonal = row[other + 1]
                row[other + 1] = min(substituted, min(row[other], diagonal) + 1)
            }
        }
        return row[right.count] <= limit ? row[right.count] : nil
    }
}
