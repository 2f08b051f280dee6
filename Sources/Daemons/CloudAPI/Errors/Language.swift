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
    func phrase(_ text: String) -> String { self == .hungarian ? hungarianPhrases[text] ?? text : text }

    /// A JSON pointer as people read it: the empty one means the whole request.
    func place(_ pointer: String) -> String { pointer.isEmpty ? phrase("the request") : "“\(pointer)”" }
}

extension Substring {
    /// Without spaces and tabs around it.
    var trimmed: Substring {
        var rest = drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}
