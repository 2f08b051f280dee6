// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudHTTP
    import CloudModel
    import CloudOperations
    import CloudStoreSQLite
    import DaemonKit
    import Foundation
    import Logging
    import ServiceLifecycle

    /// The parts of a manager, put together: records, host, cloud, API, listeners.
    enum Parts {
        static let copies = SQLiteCopies()

        static func services(_ configuration: Configuration, logger: Logger) async throws -> DaemonParts {
            let front = ManagerFront(configuration, logger)
            let (setup, isSimulated) = (try configuration.site(), configuration.truth("simulate"))
            let folder = try StateFolder(configuration.text("state.folder")).begin(isSimulated ? .simulated : .real)
            let host = try await isSimulated ? LocalHost.simulated(configuration, folder) : .real(configuration, setup, folder, logger)
            let sealer = try SiteSealer.kept(in: folder.file("site.key"), chance: SystemChance.bytes)
            let store = try await SQLiteStore.open(path: folder.ownFile("lyceum.db"))
            let world = World(
                store: store, hosts: HostDirectory([setup.host.id: host.parts]), clock: SystemWallClock(), ids: SystemIDs(),
                passwords: SystemPasswords(), sealer: sealer, settings: configuration.operationSettings)
            let probe = try CrashProbe.standing(in: ProcessInfo.processInfo.environment)
            if probe is CrashProbe { logger.warning("\(CrashProbe.variable) is set: this manager ends itself where it says") }
            let cloud = Cloud(world: world, clock: ContinuousClock(), probe: probe, notice: front.heard)
            try sealer.check(try await cloud.someSealed(), in: folder)
            try await cloud.prepare(setup)
            let recorded = try await cloud.recorded(setup)
            for line in try configuration.differences(from: recorded) { logger.warning("\(line)") }
            try await folder.keep("admin.token") { try await cloud.firstToken(of: recorded.administrator, chance: SystemChance.bytes) }
            let life = Lifecycle.Part(holding: (folder, host.lock)) {
                await cloud.serve()
                try await store.close()
            }
            let backup = SiteBackup(
                .init(store: store, copies: copies, sealer: sealer, clock: world.clock, version: BuildFacts.here.version), of: folder,
                isSimulated ? .simulated : .real)
            return try front.parts(of: cloud, recorded, backups: backup, behind: [life] + host.services)
        }
    }
#endif
