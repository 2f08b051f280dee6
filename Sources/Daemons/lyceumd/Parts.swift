// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudHTTP
    import CloudModel
    import CloudOperations
    import CloudStoreSQLite
    import DaemonKit
    import Logging
    import ServiceLifecycle

    /// The parts of a manager, put together: records, host, cloud, API, listeners.
    enum Parts {
        static let version = "0.1.0"

        static func services(_ configuration: Configuration, logger: Logger) async throws -> [any Service] {
            let (setup, isSimulated) = (try configuration.site(), configuration.truth("simulate"))
            let folder = try StateFolder(configuration.text("state.folder")).begin(isSimulated ? .simulated : .real)
            let host = try await isSimulated ? LocalHost.simulated(configuration, folder) : .real(configuration, setup, folder, logger)
            let sealer = try SiteSealer.kept(in: folder.file("site.key"), chance: SystemChance.bytes)
            let store = try await SQLiteStore.open(path: folder.ownFile("lyceum.db"))
            let world = World(
                store: store, hosts: HostDirectory([setup.host.id: host.parts]), clock: SystemWallClock(), ids: SystemIDs(),
                passwords: SystemPasswords(), sealer: sealer, settings: configuration.operationSettings)
            let cloud = Cloud(world: world, clock: ContinuousClock()) { notice in
                logger.warning("\(notice)", metadata: notice.run.map { ["operation": "\($0)"] })
            }
            try sealer.check(try await cloud.someSealed(), in: folder)
            try await cloud.prepare(setup)
            let recorded = try await cloud.recorded(setup)
            for line in try configuration.differences(from: recorded) { logger.warning("\(line)") }
            try await folder.keep("admin.token") { try await cloud.firstToken(of: recorded.administrator, chance: SystemChance.bytes) }
            let life = Lifecycle.Part(holding: folder) {
                await cloud.serve()
                try await store.close()
            }
            return [life] + host.services + (try listeners(configuration, api(configuration, recorded, cloud, logger), logger))
        }

        private static func api(_ configuration: Configuration, _ site: SiteSetup, _ cloud: Cloud, _ logger: Logger) -> CloudService {
            var settings = CloudService.Settings(version: version, publicAddress: configuration.text("public.address"))
            settings.uploadLimit = .gibibytes(Int64(configuration.number("limits.upload")))
            settings.signIn = configuration.socket == nil ? ["bearer"] : ["bearer", "unix-peer"]
            let figures = CallLimits.Figures(
                rate: configuration.number("limits.rate"), burst: configuration.number("limits.burst"),
                concurrent: configuration.number("limits.concurrent"))
            let signIn = SignIn { configuration.login(ofAccount: $0, administrator: site.administrator) }
            return CloudService(
                cloud: cloud, settings: settings, signIn: signIn, figures: figures,
                clock: ContinuousClock(), elapsed: SystemElapsed.time, chance: SystemChance.bytes, log: { $0.write(to: logger) })
        }

        private static func listeners(_ configuration: Configuration, _ api: CloudService, _ logger: Logger) throws -> [any Service] {
            let limits = HTTPListener.Limits(
                connections: configuration.number("listen.connections"), idleSeconds: Int64(configuration.number("listen.idle")),
                patienceSeconds: Int64(configuration.number("listen.patience")), slowestBytes: configuration.number("listen.slowest"))
            var places: [HTTPListener.Place] = []
            if let socket = configuration.socket {
                try PrivateFiles.ensureFolder(socket.folder, mode: 0o755)
                places.append(.socket(path: socket.path, mode: 0o660, group: LocalAccount.groupID(configuration.text("listen.group"))))
            }
            if let address = configuration.loopback { places.append(.address(address.host, port: address.port)) }
            return places.map { HTTPListener($0, api, limits: limits, logger: logger) }
        }
    }
#endif
