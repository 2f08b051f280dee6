// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

@Suite struct UpdateInstanceTests {
    private func update(_ site: Site, _ instance: ID<InstanceKind>, _ change: UpdateInstance.Change) async throws {
        _ = try await site.cloud.perform(UpdateInstance(by: site.anna, instance: instance, change: change))
    }

    @Test func onlyWhatIsNamedChanges() async throws {
        let site = try await Site()
        _ = try await HostWatch(cloud: site.cloud).pass()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let before = try await site.cloud.instance(instance, for: site.anna)
        site.clock.advance(by: .seconds(5))
        try await update(site, instance, .init(name: DisplayName("other"), tags: [Tag("lab"), Tag("exam"), Tag("lab")]))
        try await update(site, instance, .init(description: Description("of\nmine")))
        let after = try await site.cloud.instance(instance, for: site.anna)
        #expect(after.instance.name.text == "other" && after.instance.description.text == "of\nmine")
        #expect(after.instance.tags.map(\.text) == ["exam", "lab"])
        #expect(after.lease == before.lease && after.status == before.status && after.port == before.port)
        #expect(after.instance.version == before.instance.version + 2)
        #expect(try await site.cloud.instances(for: site.anna, tag: "exam").elements.map(\.instance.id) == [instance])
        #expect(try await site.cloud.instances(for: site.anna, tag: "exa").elements.isEmpty)
        try await update(site, instance, .init(description: Description.none, tags: []))
        #expect(try await site.cloud.instances(for: site.anna, tag: "exam").elements.isEmpty)
    }

    @Test func theSameAgainIsNoNews() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        let (version, events) = try await (
            site.cloud.instance(instance, for: site.anna).instance.version, site.cloud.events(after: 0, limit: 500, for: site.anna).upTo
        )
        try await update(site, instance, .init(name: DisplayName("mine"), tags: []))
        #expect(try await site.cloud.instance(instance, for: site.anna).instance.version == version)
        #expect(try await site.cloud.events(after: 0, limit: 500, for: site.anna).upTo == events)
    }

    @Test func aTakenNameIsRefusedWithAFreeOneAndOneInTheTrashIsNotTaken() async throws {
        let site = try await Site()
        let (first, second) = (try await site.make("one", by: site.anna), try await site.make("two", by: site.anna))
        let change = UpdateInstance.Change(name: try DisplayName("one"))
        let refusal = await #expect(throws: CloudError.self) { try await update(site, second, change) }
        #expect(refusal == CloudError(.nameTaken, ["name": "one", "proposal": "one-2"]))
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: first))
        try await update(site, second, change)
        // What is in the trash may have the name of something that lives.
        try await update(site, first, .init(name: DisplayName("one"), description: Description("gone")))
    }

    @Test(arguments: ["", "a b", "a,b", "a\nb", "a\u{200B}\u{202E}", String(repeating: "t", count: 64)]) func wordsThatAreNoTags(
        _ word: String
    ) {
        #expect(throws: CloudError.self) { try Tag(word) }
    }

    @Test func limits() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        let many = try (0...Tag.most).map { try Tag("t\($0)") }
        let refusal = await #expect(throws: CloudError.self) { try await update(site, instance, .init(tags: many)) }
        #expect(refusal?.code == .invalidField && refusal?.parameters["pointer"] == "/tags")
        #expect(throws: CloudError.self) { try Description(String(repeating: "d", count: 2001)) }
        #expect(throws: CloudError.self) { try Description("bell \u{7}") }
        #expect(try Description(String(repeating: "ő", count: 2000)).text.count == 2000)
    }
}
