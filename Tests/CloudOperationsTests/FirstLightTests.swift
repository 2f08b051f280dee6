// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Testing

/// A simulated site with an administrator, two students, and a template that both may use.
struct Site {
    let cloud: Cloud
    let host: SimulatedHost
    let clock: SimulatedClock
    let admin: Principal
    let anna: Principal
    let bela: Principal
    let template: ID<TemplateKind>

    /// Four gigabytes of memory in the host, so that a placement can fail.
    init(probe: any BoundaryProbe = NoProbe(), memory: ByteCount = .gibibytes(4)) async throws {
        clock = SimulatedClock()
        host = SimulatedHost(state: .init(cpus: CPUCount(4), memory: memory), clock: clock)
        let world = SimulatedSite.world(
            store: try SQLiteMemoryStore(), host: host, clock: clock, sources: SeededSources(seed: 1))
        cloud = Cloud(world: world, clock: clock.waiting, probe: probe)
        try await cloud.prepare(try SimulatedSite.setup())
        admin = try await cloud.principal(login: "admin")
        _ = try await HostWatch(cloud: cloud).pass()
        anna = try await cloud.principal(
            of: cloud.createUser(login: "anna", name: DisplayName("Anna"), role: .endUser, by: admin).id)
        bela = try await cloud.principal(
            of: cloud.createUser(login: "bela", name: DisplayName("Béla"), role: .endUser, by: admin).id)
        template = cloud.world.ids.next(TemplateKind.self)
        let upload = try await cloud.receiveUpload(OneChunk(bytes: [UInt8](repeating: 0, count: 1 << 20)), limit: .mebibytes(16), by: admin)
        let image = try await cloud.perform(
            ImportImage(
                by: admin, image: cloud.world.ids.next(ImageKind.self), name: DisplayName("tiny"), upload: upload.id, format: .raw,
                host: SimulatedSite.host))
        _ = try await cloud.perform(
            CreateTemplate(
                by: admin, template: template, name: DisplayName("Tiny"),
                recipe: .init(
                    image: image.id, cpus: CPUCount(1), memory: .mebibytes(512), network: SimulatedSite.network,
                    leasePolicy: #require(ID("lease-lab"))), sharedWith: [ID<GroupKind>.everybody.text]))
    }

    func launch(_ name: String, count: Int = 1, by principal: Principal) async throws -> [ID<InstanceKind>] {
        let made = try await cloud.perform(cloud.request(template: template, name: name, count: count, start: true, by: principal))
        try await cloud.runner.recover()
        return made
    }
}

struct OneChunk: ByteStream {
    var bytes: [UInt8]?
    init(bytes: [UInt8]) { self.bytes = bytes }
    mutating func next() -> [UInt8]? {
        defer { bytes = nil }
        return bytes
    }
}

extension Cloud {
    /// Drives a verb to its end in this task.
    func perform<Operation: CloudOperation>(_ operation: Operation) async throws -> Operation.Output {
        try await runner.perform(operation, as: RunID(world.ids.next(OperationKind.self).text))
    }
}

@Suite struct FirstLightTests {
    @Test func aBatchIsLaunchedSleepsWakesAndGoes() async throws {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 3, by: site.anna)
        let page = try await site.cloud.instances(for: site.anna)
        #expect(page.elements.map(\.instance.name.text).sorted() == ["lab-01", "lab-02", "lab-03"])
        #expect(page.elements.allSatisfy { $0.shown == .known(.running) && $0.status.readyAt != nil && $0.status.operation == nil })
        #expect(try await site.cloud.instances(for: site.bela).elements.isEmpty)
        await #expect(throws: CloudError(.notFound, ["object": made[0].text])) {
            try await site.cloud.perform(SuspendInstance(by: site.bela, instance: made[0]))
        }
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: made[0]))
        #expect(site.host.guests.snapshot().guests[made[0]] == nil)
        let woken = try await site.cloud.perform(WakeInstance(by: site.anna, instance: made[0]))
        #expect(woken.notReady == nil)
        let forward = try await site.cloud.perform(
            OpenForwardedPort(by: site.anna, instance: made[1], id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22))
        #expect(forward.publicPort == 20_000)
        _ = try await site.cloud.perform(ShutDownInstance(by: site.anna, instance: made[1]))
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: made[2]))
        for instance in made { _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance)) }
        let state = site.host.snapshot()
        #expect(state.guests.guests.isEmpty && state.guests.memories.values.allSatisfy(\.isEmpty))
        #expect(state.fabric.parts.ports.isEmpty)
        #expect(state.fabric.parts.networks.values.allSatisfy { $0.named.isEmpty && $0.forwards?.isEmpty ?? true })
        site.clock.advance(by: .seconds(8 * 86_400))
    }
}
