// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import DaemonKit
import Foundation

/// A site on a real disk, with one template, on whatever host it is given.
struct BenchSite {
    let world: World
    let admin: Principal
    let template: ID<TemplateKind>
    let clock: any Clock<Duration>
    let cloud: Cloud

    /// A site in a folder.
    /// - Parameters:
    ///   - image: what the template's disks lie on.
    ///   - spans: where time outside the manager is noted; nil where it is not.
    init(folder: String, setup: SiteSetup, parts: HostParts, image: (bytes: [UInt8], format: ImageFormat), spans: Spans? = nil) async throws
    {
        var settings = Settings()
        settings.limits = ResourceAmounts(
            instances: 100_000, disk: .gibibytes(1 << 22), cpus: CPUCount(1_000_000), memory: .gibibytes(1 << 22), forwardedPorts: 10_000)
        world = World(
            store: try await SQLiteStore.open(path: folder + "/lyceum.db"),
            hosts: HostDirectory([setup.host.id: spans.map { parts.timed($0) } ?? parts]), clock: SystemWallClock(), ids: SystemIDs(),
            passwords: SystemPasswords(), sealer: try SiteSealer.kept(in: folder + "/site.key", chance: SystemChance.bytes),
            settings: settings)
        clock = spans.map { TimedClock(spans: $0) } ?? ContinuousClock()
        cloud = Self.cloud(world, clock)
        try await cloud.prepare(setup)
        admin = try await cloud.principal(login: "admin")
        _ = try await HostWatch(cloud: cloud).pass()
        template = SystemIDs().next(TemplateKind.self)
        let upload = try await cloud.receiveUpload(OneBody(bytes: image.bytes), limit: .gibibytes(1), by: admin)
        let id = SystemIDs().next(ImageKind.self)
        _ = try await perform(
            ImportImage(by: admin, image: id, name: DisplayName("tiny"), upload: upload.id, format: image.format, host: setup.host.id))
        _ = try await perform(
            CreateTemplate(
                by: admin, template: template, name: DisplayName("Tiny"),
                recipe: .init(
                    image: id, cpus: CPUCount(1), memory: .mebibytes(128), network: setup.network.id,
                    leasePolicy: SimulatedSite.leasePolicy)))
    }

    /// A simulated site: its guests are ready as soon as they run, so what is measured is the manager.
    static func simulated(folder: String, host: SimulatedHost? = nil, setup: SiteSetup? = nil, spans: Spans? = nil) async throws
        -> BenchSite
    {
        let large = SimulatedHost.State(cpus: CPUCount(100_000), memory: .gibibytes(1 << 20), disk: .gibibytes(1 << 20))
        let host = host ?? SimulatedHost(state: large, clock: SystemWallClock(), bootTime: .zero)
        let setup = if let setup { setup } else { try SimulatedSite.setup() }
        return try await BenchSite(
            folder: folder, setup: setup, parts: host.parts, image: ([UInt8](repeating: 0, count: 1 << 20), .raw), spans: spans)
    }

    /// Another manager's life over the same world: a runner serves once.
    static func cloud(_ world: World, _ clock: any Clock<Duration>) -> Cloud {
        Cloud(world: world, clock: clock) { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
    }

    func perform<Operation: CloudOperation>(_ operation: Operation) async throws -> Operation.Output {
        try await cloud.runner.perform(operation, as: RunID(SystemIDs().next(OperationKind.self).text))
    }

    /// Makes one instance and starts it; returns when it is ready.
    func launch(_ name: String) async throws -> ID<InstanceKind> {
        let request = try cloud.request(template: template, name: name, start: false, by: admin)
        _ = try await perform(request)
        let output = try await perform(StartInstance(by: admin, instance: request.members[0].id))
        if let late = output.notReady { throw late }
        return request.members[0].id
    }

    /// Makes many at once and returns when all are ready, with the time that took.
    func launchAll(_ count: Int, _ name: String) async throws -> (members: [CreateInstances.Member], time: Duration) {
        try await serving { cloud in
            let begin = ContinuousClock.now
            let request = try cloud.request(template: template, name: name, count: count, by: admin)
            _ = try await cloud.submit(request)
            for member in request.members { try await end(of: member.start, in: cloud) }
            return (request.members, ContinuousClock.now - begin)
        }
    }

    /// Runs something while a manager lives.
    func serving<Result: Sendable>(_ body: @Sendable (Cloud) async throws -> Result) async throws -> Result {
        let cloud = Self.cloud(world, clock)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await cloud.serve() }
            defer { tasks.cancelAll() }
            return try await body(cloud)
        }
    }

    /// Waits until an operation is done; throws where it ended otherwise.
    func end(of operation: ID<OperationKind>, in cloud: Cloud) async throws {
        let view = try await cloud.wait(for: operation, limit: .seconds(400), by: admin)
        guard view.run.state == .done else {
            throw CloudError(.internalFault, ["part": "operation \(view.run.state)"], detail: "\(String(describing: view.run.failure))")
        }
    }
}

/// A body in one piece.
struct OneBody: ByteStream {
    var bytes: [UInt8]?
    mutating func next() -> [UInt8]? {
        defer { bytes = nil }
        return bytes
    }
}

/// A folder that is gone at the end.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-bench-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { do { try FileManager.default.removeItem(atPath: folder) } catch { print("left behind: \(folder)") } }
    return try await body(folder)
}
