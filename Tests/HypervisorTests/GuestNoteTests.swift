// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Hypervisor
import Testing

/// A note is text on other people's terminals, and nothing else (S63).
@Suite struct GuestNoteTests {
    @Test func plainLinesOfAnyLanguageAreNotes() throws {
        for text in ["", "\n", "Two\nlines\n", "Árvíztűrő tükörfúrógép – 12:00", String(repeating: "x", count: GuestNote.longest)] {
            #expect(try GuestNote(text).text == text)
        }
        #expect(try GuestNote("") == .none)
    }

    @Test(arguments: ["\u{1B}[2J", "a\u{7}", "\u{202E}txt", "\r\n", "a\u{0}b", "\u{2028}", "a\tb", String(repeating: "é", count: 501)])
    func whatATerminalTakesForMoreIsRefusedHereAndFromElsewhere(_ text: String) throws {
        #expect(throws: CloudError.self) { try GuestNote(text) }
        let carried = try JSONEncoder().encode([text])
        #expect(throws: (any Error).self) { try JSONDecoder().decode([GuestNote].self, from: carried) }
    }
}
