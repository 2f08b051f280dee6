// SPDX-License-Identifier: Apache-2.0

import CloudTesting
import CloudWorkflow
import Testing

@Suite("The journaling store in memory keeps the contract of every other")
struct JournalContractTests {
    @Test(arguments: JournalContract<ToyTransaction>.Rule.allCases)
    func inMemory(rule: JournalContract<ToyTransaction>.Rule) async throws {
        try await JournalContract { MemoryJournalingStore([String: Int]()) }.check(rule)
    }
}
