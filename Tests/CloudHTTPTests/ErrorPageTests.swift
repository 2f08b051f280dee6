// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudHTTP
import CloudModel
import Testing

/// A problem's `type` is an address, and behind it is a page for people and one for programs.
@Suite struct ErrorPageTests {
    private static let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    @Test func everyCodeHasAPageInEachLanguageThatSaysAllOfIt() async throws {
        try await Site.with { site in
            for code in ErrorCode.allCases {
                for language in Language.allCases {
                    let fields: Fields = ["Accept": Self.browser, "Accept-Language": language.rawValue]
                    let reply = await site.send("GET", ErrorCatalogue.type(of: code), as: nil, fields: fields)
                    #expect(reply.status == 200 && reply.fields["Content-Type"] == "text/html; charset=utf-8", "\(code.rawValue)")
                    #expect(
                        reply.fields["Content-Language"] == language.rawValue && reply.text.contains("<html lang=\"\(language.rawValue)\">")
                    )
                    #expect(reply.fields["Vary"] == "Accept, Accept-Language")
                    let text = ErrorCatalogue.text(of: code, in: language)
                    let parts = [text.title, text.detail, text.next].map { $0.replacing("<", with: "&lt;").replacing(">", with: "&gt;") }
                    let facts = [code.rawValue, "\(ErrorCatalogue.status(of: code))"] + ErrorCatalogue.parameters(of: code)
                    for part in parts + facts { #expect(reply.text.contains(part), "\(code.rawValue): \(part)") }
                    #expect(!reply.text.contains("<script") && reply.fields["Content-Security-Policy"] == "default-src 'none'")
                }
            }
        }
    }

    @Test func theTypeOfAProblemLeadsToItsPage() async throws {
        try await Site.with { site in
            let problem = try #require(await site.send("GET", "/v1/instances/vm-none").problem)
            let page = await site.send("GET", problem.type, as: nil, fields: ["Accept": Self.browser])
            #expect(page.status == 200 && page.text.contains("<h1>\(problem.title)</h1>"))
            let body = try await site.send("GET", problem.type, as: nil).body(ErrorPage.self)
            #expect(body.code == problem.code && body.status == problem.status && body.title == problem.title)
        }
    }

    @Test(
        arguments: [
            (nil, false), ("*/*", false), ("application/json", false), ("application/json, text/html", false), ("text/*, */*", false),
            ("text/html;q=0.5, application/json;q=0.4", true), ("text/html", true), ("TEXT/HTML ; Q=1", true), ("text/*", true),
            ("text/html;q=0, */*", false), ("text/html;q=x", false), ("", false), (",;,/,", false), (ErrorPageTests.browser, true),
        ] as [(String?, Bool)])
    func programsGetJSONUnlessTheyLikeAPageBetter(accept: String?, isPage: Bool) async throws {
        try await Site.with { site in
            var fields = Fields()
            fields["Accept"] = accept
            let reply = await site.send("GET", "/v1/errors/busy", as: nil, fields: fields)
            #expect(reply.status == 200 && (reply.fields["Content-Type"]?.hasPrefix("text/html") == true) == isPage)
        }
    }
}
