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
    struct Parts {
        static let version = "0.1.0"
        let services: [any Service]
        private let lock: FolderLock

        init(_ configuration: Configuration, logger: Logger) async throws {
            let folder = configuration.text("state.folder")
            try PrivateFiles.ensureFolder(folder)
            lock = try FolderLock(folder)
            let setup = try configuration.site()
            let host = try LocalHost(configuration, setup.host, folder: folder)
            let world = World(
                store: try await SQLiteStore.open(path: folder + "/lyceum.db"), hosts: HostDirectory([setup.host.id: host.parts]),
                clock: SystemWallClock(), ids: SystemIDs(), passwords: SystemPasswords(),
                sealer: try SiteSealer.kept(in: folder + "/site.key", chance: SystemChance.bytes), settings: configuration.operationSettings
            )
            let cloud = Cloud(world: world, clock: ContinuousClock()) { run, error in
                logger.warning("cut off: \(error)", metadata: ["operation": "\(run)"])
            }
            try await cloud.prepare(setup)
            if try PrivateFiles.read(folder + "/admin.token") == nil {
                let token = try await cloud.firstToken(of: setup.administrator, chance: SystemChance.bytes)
                try PrivateFiles.write(Array((token + "\n").utf8), to: folder + "/admin.token")
            }
            let service = Self.service(configuration, cloud, logger)
            services = try [Lifecycle.Part { await cloud.serve() }] + host.services + Self.listeners(configuration, service, logger)
        }

        private static func service(_ configuration: Configuration, _ cloud: Cloud, _ logger: Logger) -> CloudService {
            var settings = CloudService.Settings(version: version, publicAddress: configuration.text("public.address"))
            settings.uploadLimit = .gibibytes(Int64(configuration.number("limits.upload")))
            settings.signIn = configuration.text("listen.socket").isEmpty ? ["bearer"] : ["bearer", "unix-peer"]
            let (administrator, group) = (configuration.text("administrator"), configuration.text("listen.group"))
            let signIn = SignIn { userID in
                let account = LocalAccount(userID: userID)
                return account.isRoot ? administrator : account.belongs(to: group) ? account.login : nil
            }
            let figures = CallLimits.Figures(
                rate: configuration.number("limits.rate"), burst: configuration.number("limits.burst"),
                concurrent: configuration.number("limits.concurrent"))
            return CloudService(
                cloud: cloud, settings: settings, signIn: signIn, figures: figures, clock: ContinuousClock(), elapsed: SystemElapsed.time,
                chance: SystemChance.bytes, log: { $0.write(to: logger) })
        }

        private static func listeners(_ configuration: Configuration, _ service: CloudService, _ logger: Logger) throws -> [any Service] {
            var limits = HTTPListener.Limits()
            limits.connections = configuration.number("listen.connections")
            limits.idleSeconds = Int64(configuration.number("listen.idle"))
            limits.patienceSeconds = Int64(configuration.number("listen.patience"))
            limits.slowestBytes = configuration.number("listen.slowest")
            let socket = configuration.text("listen.socket")
            var places: [HTTPListener.Place] = []
            if let slash = socket.lastIndex(of: "/") {
                try PrivateFiles.ensureFolder(String(socket[..<slash]), mode: 0o755)
                places.append(.socket(path: socket, mode: 0o660, group: LocalAccount.groupID(configuration.text("listen.group"))))
            }
            if let address = configuration.loopback { places.append(.address(address.host, port: address.port)) }
            return places.map { HTTPListener($0, service, limits: limits, logger: logger) }
        }
    }
#endif
