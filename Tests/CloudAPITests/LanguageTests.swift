// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import Testing

@Suite struct LanguageTests {
    @Test(
        arguments: [
            (nil, Language.english), ("", .english), ("hu", .hungarian), ("hu-HU,hu;q=0.9,en;q=0.8", .hungarian), ("en, hu", .english),
            ("en;q=0.2, hu;q=0.7", .hungarian), ("de, fr;q=0.5", .english), ("de, HU;q=0.1", .hungarian), ("hu;q=0, *", .english),
            ("hu;q=nonsense", .english), (";;,,;q=", .english),
        ] as [(String?, Language)])
    func theBestLikedOfOurs(_ header: String?, _ language: Language) {
        #expect(Language(acceptLanguage: header) == language)
    }
}
