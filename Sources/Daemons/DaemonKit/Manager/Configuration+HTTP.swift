// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import CloudHTTP
    import CloudModel
    public import Logging
    public import ServiceLifecycle

    // The API as the settings want it.

    extension Configuration {
        /// What the daemon decides about its API.
        public func apiSettings(version: String) -> CloudService.Settings {
            var settings = CloudService.Settings(version: version, publicAddress: text("public.address"))
            settings.uploadLimit = .gibibytes(Int64(number("limits.upload")))
            settings.metricsAreOpen = text("metrics.access") == "local"
            settings.consoleOrigins = list("console.origins")
            settings.signIn = socket == nil ? ["bearer"] : ["bearer", "unix-peer"]
            return settings
        }

        /// How much one person may ask for at a time.
        public var callFigures: CallLimits.Figures {
            CallLimits.Figures(rate: number("limits.rate"), burst: number("limits.burst"), concurrent: number("limits.concurrent"))
        }

        /// How callers are recognised; `administrator` is the login that the records name.
        public func signIn(administrator: String) -> SignIn { SignIn { login(ofAccount: $0, administrator: administrator) } }

        /// Where the API listens; `bound` is told of each place that takes connections. Makes the folder of the socket; throws where that
        /// cannot be.
        public func listeners(
            _ api: CloudService, _ logger: Logger, bound: @escaping @Sendable () -> Void
        ) throws -> [any Service] {
            let limits = HTTPListener.Limits(
                connections: number("listen.connections"), idleSeconds: Int64(number("listen.idle")),
                patienceSeconds: Int64(number("listen.patience")), slowestBytes: number("listen.slowest"))
            var places: [HTTPListener.Place] = []
            if let socket {
                try PrivateFiles.ensureFolder(socket.folder, mode: 0o755)
                places.append(.socket(path: socket.path, mode: 0o660, group: LocalAccount.groupID(text("listen.group"))))
            }
            if let loopback { places.append(.address(loopback.host, port: loopback.port)) }
            return places.map { HTTPListener($0, api, limits: limits, logger: logger) { _ in bound() } }
        }
    }
#endif
