// SPDX-License-Identifier: Apache-2.0

/// A language of the catalogues.
public enum Language: String, Hashable, Sendable, CaseIterable {
    /// The default.
    case english = "en"
    /// Hungarian.
    case hungarian = "hu"

    /// The language that a caller likes best, by the header Accept-Language (RFC 9110, 12.5.4); English where none of ours is named.
    ///
    /// Between equal weights the first named wins. A regional form (`hu-HU`) means its language.
    public init(acceptLanguage header: String?) {
        var best: (language: Language, weight: Double)?
        for range in (header ?? "").prefix(1000).split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.trimmed }
            guard let tag = parts.first?.split(separator: "-").first?.lowercased() else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            guard let language = tag == "*" ? .english : Language(rawValue: tag), weight > 0, weight > best?.weight ?? 0 else { continue }
            best = (language, weight)
        }
        self = best?.language ?? .english
    }

    /// A reason in this language, where the catalogue knows it; otherwise as it came.
    func phrase(_ text: String) -> String {
        guard self == .hungarian else { return text }
        return hungarianPhrases[text] ?? hungarianPatterns.lazy.compactMap { Self.filled($0.hungarian, by: $0.english, in: text) }.first
            ?? text
    }

    /// A JSON pointer as people read it: the empty one means the whole request, one behind a question mark is a parameter of the query,
    /// one before a colon is a header field.
    func place(_ pointer: String) -> String {
        guard !pointer.isEmpty else { return phrase("the request") }
        guard !pointer.hasPrefix("?") else {
            let name = pointer.dropFirst()
            return self == .hungarian ? "a lekérdezés „\(name)” paramétere" : "the query parameter “\(name)”"
        }
        guard pointer.hasPrefix("/") || !pointer.hasSuffix(":") else {
            let name = pointer.dropLast()
            return self == .hungarian ? "a(z) „\(name)” fejlécmező" : "the header field “\(name)”"
        }
        return self == .hungarian ? "„\(pointer)”" : "“\(pointer)”"
    }

    /// The sentence with what stands in a text where its pattern has stars, in their order; nil where the text is not of the pattern.
    private static func filled(_ sentence: String, by pattern: String, in text: String) -> String? {
        var (rest, values) = (text[...], [Substring]())
        for (index, literal) in pattern.split(separator: "*", omittingEmptySubsequences: false).enumerated() {
            if index == 0 {
                guard rest.hasPrefix(literal) else { return nil }
                rest = rest.dropFirst(literal.count)
            } else {
                guard let found = literal.isEmpty ? rest.endIndex..<rest.endIndex : rest.firstRange(of: literal) else { return nil }
                values.append(rest[..<found.lowerBound])
                rest = rest[found.upperBound...]
            }
        }
        guard rest.isEmpty else { return nil }
        let parts = sentence.split(separator: "*", omittingEmptySubsequences: false)
        return zip(parts, values + [""]).map { $0 + $1 }.joined()
    }
}

extension Substring {
    /// Without spaces and tabs around it.
    var trimmed: Substring {
        var rest = drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}
