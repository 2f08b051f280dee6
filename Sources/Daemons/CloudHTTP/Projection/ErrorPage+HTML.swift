// SPDX-License-Identifier: Apache-2.0

import CloudAPI

extension ErrorPage {
    /// The page as a person reads it in a browser: title, sentence, what to do, and what programs go by. Without script, style or picture.
    func html(in language: Language) -> String {
        let words = Words(language)
        let names = parameters.map { "<code>\(Self.escaped($0))</code>" }.joined(separator: ", ")
        return """
            <!DOCTYPE html>
            <html lang="\(language.rawValue)">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>\(Self.escaped(title))</title>
            <h1>\(Self.escaped(title))</h1>
            <p>\(Self.escaped(detail))</p>
            <h2>\(words.next)</h2>
            <p>\(Self.escaped(next))</p>
            <h2>\(words.programs)</h2>
            <dl>
            <dt>\(words.code)<dd><code>\(Self.escaped(code))</code>
            <dt>\(words.status)<dd>\(status)
            <dt>\(words.parameters)<dd>\(parameters.isEmpty ? words.none : names)
            </dl>
            <p>\(words.braces)</p>

            """
    }

    /// A text as HTML shows it, also within quotation marks.
    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}

/// What stands around the texts of the catalogue.
private struct Words {
    let next, programs, code, status, parameters, none, braces: String
    init(_ language: Language) {
        switch language {
        case .english:
            (next, programs, code) = ("What to do", "For programs", "Code")
            (status, parameters, none) = ("HTTP status", "Parameters", "none")
            braces = "In braces stand parameters: each problem carries their values."
        case .hungarian:
            (next, programs, code) = ("Mi a teendő", "Programoknak", "Kód")
            (status, parameters, none) = ("HTTP-állapot", "Paraméterek", "nincs")
            braces = "A kapcsos zárójelekben paraméterek állnak: értéküket minden hibaüzenet tartalmazza."
        }
    }
}
