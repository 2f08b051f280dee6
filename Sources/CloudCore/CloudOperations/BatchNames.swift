// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// The names of a batch: `lab-%02d` becomes `lab-01`, `lab-02` …
enum BatchNames {
    /// The names of `count` members. Throws `invalid-field` for a pattern with more than one number, or a name that is too long.
    static func names(_ pattern: String, count: Int) throws(CloudError) -> [DisplayName] {
        let parts = pattern.split(separator: "%", omittingEmptySubsequences: false)
        guard parts.count > 1 else {
            // An empty name is none, although its members' would not be empty.
            let name = try DisplayName(pattern)
            if count == 1 { return [name] }
            var names: [DisplayName] = []
            for number in 1...count { names.append(try DisplayName("\(name)-\(padded(number, to: 2))")) }
            return names
        }
        guard parts.count == 2, let width = width(of: parts[1]) else {
            if count == 1 { return [try DisplayName(pattern)] }
            throw CloudError(.invalidField, ["pointer": "/name", "reason": "a batch's name has one %d or %02d for the number"])
        }
        let rest = parts[1].drop { $0 != "d" }.dropFirst()
        var names: [DisplayName] = []
        for number in 1...count { names.append(try DisplayName("\(parts[0])\(padded(number, to: width))\(rest)")) }
        return names
    }

    /// The pattern of which two or more names are, with a number of its own before theirs; nil where they are of none.
    /// `lab-01`, `lab-02` and 2 give `lab-2-%02d`.
    static func pattern(like names: [DisplayName], number: Int) -> String? {
        guard names.count > 1 else { return nil }
        let (first, second) = (names[0].text, names[1].text)
        let common = zip(first, second).prefix { $0 == $1 }.count
        let zeros = first.prefix(common).reversed().prefix { $0 == "0" }.count
        guard first.dropFirst(common).first == "1", !first.contains("%") else { return nil }
        let head = String(first.prefix(common - zeros).reversed().drop { $0 == "-" }.reversed())
        return "\(head)-\(number)-%0\(zeros + 1)d\(first.dropFirst(common + 1))"
    }

    /// The width of `d…` (1) or `0Nd…` (N); nil for anything else.
    private static func width(of text: Substring) -> Int? {
        if text.first == "d" { return 1 }
        guard text.first == "0", let digit = text.dropFirst().first?.wholeNumberValue, (1...9).contains(digit),
            text.dropFirst(2).first == "d"
        else { return nil }
        return digit
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
