// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

/// What outlives managers: a disk, a host, the time.
struct Stage: Sendable {
    let disk: SQLiteMemoryStore
    let host: SimulatedHost
    let clock: SimulatedClock
    /// Who stands in the present manager's way at the host's parts.
    let interference: Interference.Slot

    init(disk: SQLiteMemoryStore, host: SimulatedHost.State, now: Timestamp) {
        let (clock, slot) = (SimulatedClock(now), Interference.Slot())
        self.disk = disk
        self.clock = clock
        interference = slot
        self.host = SimulatedHost(state: host, clock: clock, faults: { try await slot.call($0, $1, $2) })
    }

    /// The same once more; what happens to one is not seen by the other.
    func copied() throws -> Stage { Stage(disk: try disk.copied(), host: host.snapshot(), now: clock.now()) }

    /// A new manager's cloud; what earlier ones have open can write no more.
    func nextManager(_ interference: Interference = Interference()) throws -> Cloud {
        self.interference.set(interference)
        let world = SimulatedSite.world(store: try disk.reopened(), host: host, clock: clock, sources: SeededSources(seed: 2))
        return Cloud(world: world, clock: clock.waiting, probe: interference)
    }
}

/// A simulated site with an administrator, two students, and a template that both may use.
struct Site {
    let cloud: Cloud
    let stage: Stage
    var host: SimulatedHost { stage.host }
    var clock: SimulatedClock { stage.clock }
    var disk: SQLiteMemoryStore { stage.disk }
    let admin: Principal
    let anna: Principal
    let bela: Principal
    let template: ID<TemplateKind>

    /// Four gigabytes of memory in the host, so that a placement can fail.
    init(
        probe: any BoundaryProbe = NoProbe(), memory: ByteCount = .gibibytes(4), cpus: CPUCount = CPUCount(4),
        settings: Settings = Settings()
    ) async throws {
        stage = Stage(
            disk: try SQLiteMemoryStore(), host: .init(cpus: cpus, memory: memory), now: SimulatedClock().now())
        let world = SimulatedSite.world(
            store: stage.disk, host: stage.host, clock: stage.clock, sources: SeededSources(seed: 1), settings: settings)
        cloud = Cloud(world: world, clock: stage.clock.waiting, probe: probe)
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

    /// All rows and all that the host holds.
    func snapshot(_ lens: WorldSnapshot.Lens) async throws -> WorldSnapshot {
        try await WorldSnapshot(of: disk, and: host.snapshot(), through: lens)
    }

    /// Drives what is submitted while the body runs. Only the runner: the watches would look whenever they are let.
    func serving(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await cloud.runner.serve() }
            defer { tasks.cancelAll() }
            try await body()
        }
    }

    func launch(_ name: String, count: Int = 1, by principal: Principal) async throws -> [ID<InstanceKind>] {
        let made = try await cloud.perform(cloud.request(template: template, name: name, count: count, start: true, by: principal))
        try await cloud.runner.recover()
        return made
    }

    /// Launches so many, each after a fresh report of the host: waiting for one to be ready takes simulated seconds.
    func launchOneByOne(_ count: Int, by principal: Principal) async throws -> [ID<InstanceKind>] {
        var made: [ID<InstanceKind>] = []
        for number in 0..<count {
            _ = try await HostWatch(cloud: cloud).pass()
            made += try await launch("lab-\(number)", by: principal)
        }
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
