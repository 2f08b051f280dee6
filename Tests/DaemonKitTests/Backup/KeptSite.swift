// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudCore
    import CloudHTTP
    import CloudSimulation
    import CloudStoreSQLite
    import Foundation
    import ImageStore
    import Synchronization
    import Testing

    @testable import DaemonKit

    /// A simulated site whose records are in a state folder, as a manager keeps them.
    struct KeptSite: Sendable {
        let folder: StateFolder
        let store: SQLiteStore
        let sealer: SiteSealer
        let cloud: Cloud
        let host: SimulatedHost
        let clock: SimulatedClock
        let admin: Principal

        /// A site in a folder: a new one, or the one that is in it.
        init(
            in folder: StateFolder, host: SimulatedHost, clock: SimulatedClock, seed: UInt64 = 1, probe: any BoundaryProbe = NoProbe(),
            waits: (any Clock<Duration>)? = nil, notice: @escaping @Sendable (CloudNotice) -> Void = { _ in }
        ) async throws {
            try folder.begin(.simulated)
            (self.folder, self.host, self.clock) = (folder, host, clock)
            sealer = try SiteSealer.kept(in: folder.file("site.key"), chance: SystemChance.bytes)
            store = try await SQLiteStore.open(path: folder.ownFile("lyceum.db"))
            let sources = SeededSources(seed: seed)
            let world = World(
                store: store, hosts: HostDirectory([SimulatedSite.host: host.parts]), clock: clock, ids: sources, passwords: sources,
                sealer: sealer)
            cloud = Cloud(world: world, clock: waits ?? clock.waiting, probe: probe, notice: notice)
            try sealer.check(try await cloud.someSealed(), in: folder)
            try await cloud.prepare(try SimulatedSite.setup())
            admin = try await cloud.principal(login: "admin")
            _ = try await HostWatch(cloud: cloud).pass(driving: true)
        }

        var backups: SiteBackup {
            SiteBackup(
                .init(store: store, copies: SQLiteCopies(), sealer: sealer, clock: clock, version: "test"), of: folder, .simulated)
        }

        /// A backup in a file beside the folder.
        func backUp(_ name: String = "backup") async throws -> String {
            let bytes = Mutex<[UInt8]>([])
            let made = try await backups.backup()
            try await made.write { piece in bytes.withLock { $0 += piece } }
            let all = bytes.withLock { $0 }
            #expect(Int64(all.count) == made.size)
            let path = folder.path + "." + name
            try Data(all).write(to: URL(fileURLWithPath: path))
            return path
        }

        func template() async throws -> ID<TemplateKind> {
            let upload = try await cloud.receiveUpload(Zeros(), limit: .mebibytes(16), by: admin)
            let image = try await perform(
                ImportImage(
                    by: admin, image: cloud.world.ids.next(ImageKind.self), name: DisplayName("tiny"), upload: upload.id, format: .raw,
                    host: SimulatedSite.host))
            let template = cloud.world.ids.next(TemplateKind.self)
            _ = try await perform(
                CreateTemplate(
                    by: admin, template: template, name: DisplayName("Tiny"),
                    recipe: .init(
                        image: image.id, cpus: CPUCount(1), memory: .mebibytes(512), network: SimulatedSite.network,
                        leasePolicy: SimulatedSite.leasePolicy), sharedWith: [ID<GroupKind>.everybody.text]))
            return template
        }

        func launch(_ template: ID<TemplateKind>, _ name: String, start: Bool = true) async throws -> ID<InstanceKind> {
            _ = try await HostWatch(cloud: cloud).pass(driving: true)
            let made = try await perform(cloud.request(template: template, name: name, start: start, by: admin))
            try await cloud.runner.recover()
            return try #require(made.first)
        }

        @discardableResult
        func perform<Operation: CloudOperation>(_ operation: Operation) async throws -> Operation.Output {
            try await cloud.runner.perform(operation, as: RunID(cloud.world.ids.next(OperationKind.self).text))
        }

        func status(_ id: ID<InstanceKind>) async throws -> InstanceStatus { try await store.read { try $0.statuses.get(id) } }

        private struct Zeros: ByteStream {
            var bytes: [UInt8]? = [UInt8](repeating: 0, count: 1 << 20)
            mutating func next() -> [UInt8]? {
                defer { bytes = nil }
                return bytes
            }
        }
    }

    /// Folders for one test, gone with the object.
    final class Shelf: Sendable {
        let path = FileManager.default.temporaryDirectory.appending(path: "lyceum-\(ProcessInfo.processInfo.globallyUniqueString)").path
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit {
            do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path)") }
        }

        func folder(_ name: String) throws -> StateFolder { try StateFolder(path + "/" + name) }

        /// A folder with the key of another and nothing else.
        func folder(_ name: String, keyOf other: StateFolder) throws -> StateFolder {
            let folder = try folder(name)
            try PrivateFiles.write(try #require(try PrivateFiles.read(other.file("site.key"))), to: folder.file("site.key"))
            return folder
        }
    }
#endif
