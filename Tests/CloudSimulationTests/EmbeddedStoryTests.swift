// SPDX-License-Identifier: Apache-2.0

import CloudSimulation
import CloudStoreMemory
import Testing

/// A story in a program of somebody else, as Documentation/embedding.md shows it.
@Suite struct EmbeddedStoryTests {
    private static let text = """
        hosts 1
        template tiny on host-1
        people anna
        wait 10 s
        anna launches tiny as web
        wait 20 s
        the manager dies
        wait 20 s
        expect web running
        expect clean
        """

    private func tell(_ text: String) throws -> [String] {
        let store = MemoryStore()
        let story = try Scenario(text)
        let log = try ScenarioTeller(story).tell(seed: 7, on: { try store.reopened() })
        return log
    }

    @Test func aStoryIsToldOnAStoreInMemory() throws {
        let log = try tell(Self.text)
        #expect(log.contains { $0.hasSuffix("manager 2 begins") } && log.contains { $0.hasSuffix("> expect clean") }, "\(log)")
        #expect(try tell(Self.text) == log, "the same seed is the same story")
    }

    @Test func whatIsNotAsExpectedIsThrownWithItsLine() throws {
        let unmet = #expect(throws: ScenarioTeller.Unmet.self) { try tell(Self.text.replacing("web running", with: "web stopped")) }
        #expect(unmet?.line == 9)
        let mistake = #expect(throws: Scenario.Mistake.self) { try tell(Self.text.replacing("web running", with: "web flying")) }
        #expect(mistake?.line == 9)
    }
}
