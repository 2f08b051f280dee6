// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudCore
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
            let host = try LocalHost(configuration, folder: folder)
            let world = World(
                store: try await SQLiteStore.open(path: folder + "/lyceum.db"), hosts: HostDirectory([Self.hostID: host.parts]),
                clock: SystemWallClock(), ids: SystemIDs(), passwords: SystemPasswords(),
                sealer: try SiteSealer.kept(in: folder + "/site.key", chance: SystemChance.bytes), settings: Self.settings(configuration))
            let cloud = Cloud(world: world, clock: ContinuousClock()) { run, error in
                logger.warning("cut off: \(error)", metadata: ["operation": "\(run)"])
            }
            try await cloud.prepare(try Self.site(configuration))
            try await Self.firstToken(of: configuration.text("administrator"), in: folder, cloud)
            let service = Self.service(configuration, cloud, logger)
            services = [Lifecycle.Part { await cloud.serve() }] + host.services + Self.listeners(configuration, service, logger)
        }

        private static func settings(_ configuration: Configuration) -> Settings {
            var settings = Settings()
            settings.trashKept = .seconds(configuration.number("trash.keep"))
            settings.collectorInterval = .seconds(max(1, configuration.number("trash.interval")))
            return settings
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
                chance: SystemChance.bytes, log: { logger.record($0) })
        }

        private static func listeners(_ configuration: Configuration, _ service: CloudService, _ logger: Logger) -> [any Service] {
            var limits = HTTPListener.Limits()
            limits.connections = configuration.number("listen.connections")
            var places: [HTTPListener.Place] = []
            let (socket, http) = (configuration.text("listen.socket"), configuration.text("listen.http"))
            if !socket.isEmpty {
                places.append(.socket(path: socket, mode: 0o660, group: LocalAccount.groupID(configuration.text("listen.group"))))
            }
            if let colon = http.lastIndex(of: ":"), let port = Int(http[http.index(after: colon)...]) {
                places.append(.address(String(http[..<colon]), port: port))
            }
            return places.map { HTTPListener($0, service, limits: limits, logger: logger) }
        }

        /// At the first start: a token of the administrator, in a file for this account only.
        private static func firstToken(of administrator: String, in folder: String, _ cloud: Cloud) async throws {
            let path = folder + "/admin.token"
            guard try PrivateFiles.read(path) == nil else { return }
            let (text, principal) = (
                BearerToken.text(of: SystemChance.bytes(BearerToken.length)), try await cloud.principal(login: administrator)
            )
            _ = try await cloud.createToken(hash: BearerToken.hash(of: text), of: principal.user, label: "first start", by: principal)
            try PrivateFiles.write(Array((text + "\n").utf8), to: path)
        }
    }

    extension Logger {
        /// One line per call.
        fileprivate func record(_ record: CloudService.Record) {
            var values: Metadata = [
                "request": "\(record.request)", "status": "\(record.status)", "milliseconds": "\(record.time.wholeMilliseconds)",
            ]
            if let user = record.user { values["user"] = "\(user)" }
            if let error = record.error { values["error"] = "\(error)" }
            log(level: record.status >= 500 ? .error : .info, "\(record.target)", metadata: values)
        }
    }
#endif
