// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Foundation

/// A simulated site on a real disk: its guests are ready as soon as they run, so what is measured is the manager.
struct BenchSite {
    let cloud: Cloud
    let admin: Principal
    let template: ID<TemplateKind>
    let host: SimulatedHost

    /// A site in a folder; on a host that another site had before, where one is given.
    init(folder: String, host known: SimulatedHost? = nil) async throws {
        let clock = SystemWallClock()
        host =
            known
            ?? SimulatedHost(
                state: .init(cpus: CPUCount(100_000), memory: .gibibytes(1 << 20), disk: .gibibytes(1 << 20)), clock: clock, bootTime: .zero
            )
        var settings = Settings()
        settings.limits = ResourceAmounts(
            instances: 100_000, disk: .gibibytes(1 << 22), cpus: CPUCount(1_000_000), memory: .gibibytes(1 << 22), forwardedPorts: 10_000)
        let world = World(
            store: try await SQLiteStore.open(path: folder + "/lyceum.db"), hosts: HostDirectory([SimulatedSite.host: host.parts]),
            clock: clock,
            ids: SystemIDs(), passwords: SystemPasswords(), sealer: SimulatedSealer(), settings: settings)
        cloud = Cloud(world: world, clock: ContinuousClock()) { run, error in
            FileHandle.standardError.write(Data("\(run): \(error)\n".utf8))
        }
        try await cloud.prepare(try SimulatedSite.setup())
        admin = try await cloud.principal(login: "admin")
        _ = try await HostWatch(cloud: cloud).pass()
        if let known = try await cloud.templates(for: admin).elements.first {
            template = known.template.id
            return
        }
        template = SystemIDs().next(TemplateKind.self)
        let upload = try await cloud.receiveUpload(OneBody(bytes: [UInt8](repeating: 0, count: 1 << 20)), limit: .mebibytes(2), by: admin)
        let image = SystemIDs().next(ImageKind.self)
        _ = try await perform(
            ImportImage(by: admin, image: image, name: DisplayName("tiny"), upload: upload.id, format: .raw, host: SimulatedSite.host))
        _ = try await perform(
            CreateTemplate(
                by: admin, template: template, name: DisplayName("Tiny"),
                recipe: .init(
                    image: image, cpus: CPUCount(1), memory: .mebibytes(128), network: SimulatedSite.network,
                    leasePolicy: SimulatedSite.leasePolicy)))
    }

    func perform<Operation: CloudOperation>(_ operation: Operation) async throws -> Operation.Output {
        try await cloud.runner.perform(operation, as: RunID(SystemIDs().next(OperationKind.self).text))
    }
}

struct OneBody: ByteStream {
    var bytes: [UInt8]?
    mutating func next() -> [UInt8]? {
        defer { bytes = nil }
        return bytes
    }
}
