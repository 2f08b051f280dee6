// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Foundation
import Hypervisor
import Testing

@testable import CloudOperations

/// What a guest reads when it boots: made of the records at each start, there while the guest runs or sleeps, and written down nowhere else.
@Suite struct FirstBootRunTests {
    private func seed(of instance: ID<InstanceKind>, at site: Site) -> SimulatedSeed? {
        site.host.guests.snapshot().seeds.values.compactMap { $0[instance] }.first
    }

    /// The same made by hand, of what is known about the instance.
    private func expected(_ instance: ID<InstanceKind>, keys: [String], byPassword: Bool = false, hasPassword: Bool = true, at site: Site)
        throws -> GuestSeed
    {
        try site.disk.read { view in
            let row = try view.instances.get(instance)
            let port = try #require(try view.ports.all(.equals(.instance, .id(instance))).first)
            let boots = try #require(try view.disks.all(.equals(.instance, .id(instance))).first { $0.slot == 0 })
            let id = "\(instance).\(boots.origin ?? boots.id)"
            let sealed = try view.secrets.get(instance).sealedPassword
            let password = try hasPassword ? PasswordHash(of: SimulatedSealer().open(sealed), seasoning: "\(id) \(sealed)") : nil
            let network = try view.networks.get(port.network)
            return try FirstBoot(
                instanceID: id, hostname: row.label, domain: network.domain,
                login: .init(account: "student", keys: keys, password: password, byPassword: byPassword),
                cards: [.init(mac: port.mac, addressing: .dhcp(ipv6: network.ipv6Prefix != nil))]
            ).seed()
        }
    }

    @Test func aGuestReadsWhatTheRecordsSay() async throws {
        let site = try await Site()
        let key = "ssh-ed25519 AAAA anna"
        _ = try await site.cloud.setKeys([key], of: site.anna.user, by: site.anna)
        let instance = try await site.launchSeeded("mine", by: site.anna)
        let first = try expected(instance, keys: [key], at: site)
        #expect(seed(of: instance, at: site) == SimulatedSeed(first))
        #expect(first.userData.contains("- name: \"student\"") && first.userData.contains(key))
        #expect(try await site.cloud.instance(instance, for: site.anna).status.readyAt != nil)

        // Another start says the same but for what was changed meanwhile, and to the guest it is the same instance.
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        #expect(seed(of: instance, at: site) == nil)
        _ = try await site.cloud.setKeys([key, key + "2"], of: site.anna.user, by: site.anna)
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(seed(of: instance, at: site) == SimulatedSeed(try expected(instance, keys: [key, key + "2"], at: site)))
        #expect(seed(of: instance, at: site)?.metaData == first.metaData)
    }

    @Test func whatIsRebuiltIsAnotherToItsGuest() async throws {
        let site = try await Site()
        let instance = try await site.launchSeeded("mine", by: site.anna)
        let before = try #require(seed(of: instance, at: site))
        _ = try await site.cloud.perform(
            RebuildInstance(by: site.anna, instance: instance, disk: site.cloud.world.ids.next(DiskKind.self)))
        #expect(seed(of: instance, at: site) == nil)
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        let after = try #require(seed(of: instance, at: site))
        #expect(after.metaData != before.metaData && after.networkConfig == before.networkConfig)
        #expect(after == SimulatedSeed(try expected(instance, keys: [], at: site)))
    }

    /// Through checkpoints the disk that boots is another each time, and the machine the same; memory that comes back finds its seed.
    @Test func whatComesBackFromACheckpointIsTheSameToItsGuest() async throws {
        let site = try await Site()
        let instance = try await site.launchSeeded("mine", by: site.anna)
        let before = try #require(seed(of: instance, at: site))
        let first = try await site.checkpoint(instance, "first", by: site.anna)
        let second = try await site.checkpoint(instance, "second", withMemory: true, by: site.anna)
        _ = try await site.cloud.perform(
            ReturnToCheckpoint(by: site.anna, instance: instance, checkpoint: second, disk: site.cloud.world.ids.next(DiskKind.self)))
        #expect(seed(of: instance, at: site) == before)
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance))
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        _ = try await site.cloud.perform(DropCheckpoint(by: site.anna, instance: instance, checkpoint: first))
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(seed(of: instance, at: site) == before)
        #expect(seed(of: instance, at: site) == SimulatedSeed(try expected(instance, keys: [], at: site)))
    }

    /// It lies beside the memory of a guest that sleeps, is no stranger to the audit, and goes with the instance.
    @Test func itGoesWhereItsGuestGoes() async throws {
        let site = try await Site()
        let instance = try await site.launchSeeded("mine", by: site.anna)
        let audit = Audit(cloud: site.cloud)
        #expect(try await audit.report(for: site.admin).differences == [])
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        #expect(seed(of: instance, at: site) != nil)
        #expect(try await audit.report(for: site.admin).differences == [])
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        #expect(seed(of: instance, at: site) == nil && site.host.guests.snapshot().seeds.isEmpty)
        #expect(try await audit.report(for: site.admin).differences == [])

        let plain = try await site.launch("plain", by: site.anna)[0]
        #expect(seed(of: plain, at: site) == nil)
        let stray = SeedVolume(instance: plain, store: try #require(try site.disk.read { try $0.hosts.all().first?.store }))
        let command = Command(run: site.cloud.world.ids.next(OperationKind.self), step: "by hand", fence: try site.fence(of: plain))
        try await site.host.guests.ensure(GuestSeed(metaData: "", userData: "", networkConfig: ""), on: stray, command)
        #expect(
            try await audit.report(for: site.admin).differences == ["\(SimulatedSite.host): seed of \(plain) belongs to no record"])
    }

    /// Neither password nor hash stands in a row, a journal, an event, or what the simulated host keeps.
    @Test(arguments: [FirstBootUse.nocloud, .nocloudPassword]) func nobodyElseKeepsTheHash(_ use: FirstBootUse) async throws {
        let site = try await Site()
        let template = try await site.seededTemplate(use)
        let instance = try await site.cloud.perform(
            site.cloud.request(template: template, name: "mine", start: false, by: site.anna))[0]
        let run = RunID("op-start")
        _ = try await site.cloud.runner.perform(StartInstance(by: site.anna, instance: instance), as: run)
        let wanted = try expected(instance, keys: [], byPassword: use == .nocloudPassword, at: site)
        #expect(seed(of: instance, at: site) == SimulatedSeed(wanted) && wanted.userData.contains("$6$"))
        let password = try SimulatedSealer().open(site.disk.read { try $0.secrets.get(instance).sealedPassword })
        let journal = try await site.disk.journal(of: run)?.entries ?? []
        #expect(journal.contains { $0.name == "seed" })
        let rows = try site.disk.dump().flatMap { [$0.key] + $0.value }
        let kept =
            try rows + journal.map { "\($0)" }
            + [String(decoding: JSONEncoder().encode(site.host.snapshot()), as: UTF8.self)]
        for text in kept { #expect(!text.contains("$6$") && !text.contains(password)) }
    }

    /// One that nobody can open is in no seed: people get in by their keys, and who asks for it is told.
    @Test func aPasswordThatCannotBeOpenedHoldsNoFirstBoot() async throws {
        let site = try await Site()
        let template = try await site.seededTemplate(.nocloud)
        let instance = try await site.cloud.perform(
            site.cloud.request(template: template, name: "mine", start: false, by: site.anna))[0]
        let sealed = try site.disk.read { try $0.secrets.get(instance).sealedPassword }
        // Its agent may answer, and is not waited for.
        try site.disk.write { tx in
            for var revision in try tx.revisions.all() where revision.firstBoot == .nocloud {
                revision.agent = .optional
                try tx.revisions.update(revision)
            }
        }
        try site.disk.write { tx in _ = try tx.secrets.change(instance) { $0.sealedPassword = "of another key" } }
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try site.disk.read { try $0.statuses.get(instance).state } == .running)
        #expect(try seed(of: instance, at: site) == SimulatedSeed(expected(instance, keys: [], hasPassword: false, at: site)))
        let refusal = await #expect(throws: CloudError.self) { _ = try await site.cloud.password(of: instance, for: site.anna) }
        #expect(refusal?.code == .passwordSealed && refusal?.parameters == ["instance": instance.text])
        // The key comes back: the guest has never heard of the password, and is told.
        try site.disk.write { tx in
            _ = try tx.secrets.change(instance) { ($0.sealedPassword, $0.sealedDoubtful) = (sealed, $0.sealedDoubtful.map { _ in sealed }) }
        }
        #expect(try await site.cloud.password(of: instance, for: site.anna).isDoubtful)
        // Keys and password have their turns.
        for _ in 0..<2 {
            site.clock.advance(by: KeyPlan.longestPause)
            _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
            #expect(try await KeyRing(cloud: site.cloud).pass(driving: true).begun == [instance])
        }
        #expect(try await !site.cloud.password(of: instance, for: site.anna).isDoubtful)
    }

    /// Every agent, readiness and transport: what makes sense is ready in its own way, and the rest is refused before anybody waits for it.
    @Test(arguments: AgentUse.allCases, Readiness.allCases) func whatMakesSenseIsReady(_ agent: AgentUse, _ readiness: Readiness)
        async throws
    {
        for transport in Transport.allCases {
            let site = try await Site()
            let template = site.cloud.world.ids.next(TemplateKind.self)
            let image = try site.disk.read { try $0.images.all()[0].id }
            let recipe = CreateTemplate.Recipe(
                image: image, cpus: CPUCount(1), memory: .mebibytes(128), network: SimulatedSite.network,
                leasePolicy: try site.leasePolicy, access: AccessMethod(transport: transport, port: 3389, account: "student"),
                agent: agent, readiness: readiness)
            let create = CreateTemplate(
                by: site.admin, template: template, name: try DisplayName("T"), recipe: recipe, sharedWith: [site.anna.user.text])
            let isSensible = (readiness != .agent || agent == .required) && (readiness == .running || transport == .tcp)
            guard isSensible else {
                let refused = await #expect(throws: CloudError.self) { _ = try await site.cloud.perform(create) }
                #expect(refused?.code == .invalidField && refused?.parameters["pointer"] == "/readiness")
                continue
            }
            _ = try await site.cloud.perform(create)
            let instance = try await site.cloud.perform(
                site.cloud.request(template: template, name: "mine", start: false, by: site.anna))[0]
            let ready = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
            #expect(ready.notReady == nil)
            let guest = try #require(site.host.guests.snapshot().guests[instance])
            // One that is not waited for is not spoken to; one that runs is ready before it has booted.
            #expect(guest.keys.isEmpty == (readiness != .agent))
            #expect((ready.readyMilliseconds ?? 0 < 3000) == (readiness == .running))
            #expect(Readiness.usual(recipe.access, agent) == (transport == .udp ? .running : agent == .required ? .agent : .port))
        }
    }

    /// A guest that has no agent is ready by its port, and what needs an agent says that there is none.
    @Test func withoutAnAgentNobodyWaitsForOne() async throws {
        let site = try await Site()
        let instance = try await site.launchSeeded("mine", by: site.anna)
        try site.host.guests.setAgent(.missing, of: instance)
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        _ = try await HostWatch(cloud: site.cloud).pass()
        #expect(try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance)).notReady == nil)
        let refused = await #expect(throws: CloudError.self) {
            _ = try await site.cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret("a password of anna's")))
        }
        #expect(refused?.code == .agentMissing)
    }
}
