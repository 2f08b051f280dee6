// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import CloudOperations

/// What a journal says of telling an agent.
@Suite struct TellingTests {
    /// What was written before a guest could end in doubt is read as what it meant.
    @Test func anOlderJournalSaysThatItWasTold() throws {
        #expect(try JSONDecoder().decode(Telling.self, from: Data("{}".utf8)) == .told)
        #expect(String(decoding: try JSONEncoder().encode(Telling.told), as: UTF8.self) == "{}")
    }

    @Test func itIsReadAsItWasWritten() throws {
        for telling in [Telling.told, .guestEnded] {
            #expect(try JSONDecoder().decode(Telling.self, from: JSONEncoder().encode(telling)) == telling)
        }
    }
}
