// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import Glibc
    import Hummingbird
    import HummingbirdCore
    public import Logging
    import NIOCore
    public import ServiceLifecycle

    /// One place where the API listens: a loopback address, or a unix socket. Several listeners share one ``CloudService``.
    public struct HTTPListener: Service {
        /// Where.
        public enum Place: Hashable, Sendable {
            /// A host name or address, and a port; 0 for any free one.
            case address(String, port: Int)
            /// A socket with the mode and group that its file gets.
            case socket(path: String, mode: UInt32, group: UInt32?)

            var name: String {
                switch self {
                case .address(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
                case .socket(let path, _, _): path
                }
            }
        }

        /// Limits of connections, so that none of them costs the others anything; those of requests are the service's.
        public struct Limits: Hashable, Sendable {
            /// Connections at the same time; a few more where they come at one moment. Others wait until one is closed.
            public var connections: Int
            /// Seconds without a whole header after which a connection is closed.
            public var idleSeconds: Int64
            /// Seconds that a body may keep the daemon waiting, and that nothing of an answer may be taken.
            public var patienceSeconds: Int64
            /// Bytes of a body that earn it one second more.
            public var slowestBytes: Int
            /// Bytes of one header field, and of all together.
            public var headerBytes = 32 * 1024
            /// Header fields.
            public var headerFields = 100
            /// Bytes that are read and thrown away after a refusal, so that the other end gets to read it; for five seconds at most.
            public var drainedBytes = 64 << 20
            /// The limits; those that are not named are as usual.
            public init(connections: Int = 1000, idleSeconds: Int64 = 60, patienceSeconds: Int64 = 30, slowestBytes: Int = 1024) {
                self.connections = connections
                self.idleSeconds = idleSeconds
                self.patienceSeconds = patienceSeconds
                self.slowestBytes = slowestBytes
            }
        }

        private let service: CloudService
        private let place: Place
        private let limits: Limits
        private let logger: Logger
        private let bound: @Sendable (_ port: Int?) async -> Void

        /// A listener; `bound` is told once it accepts connections, with the port it got.
        public init(
            _ place: Place, _ service: CloudService, limits: Limits = Limits(), logger: Logger,
            bound: @escaping @Sendable (_ port: Int?) async -> Void = { _ in }
        ) {
            self.place = place
            self.service = service
            self.limits = limits
            self.logger = logger
            self.bound = bound
        }

        /// Listens until the daemon ends. Throws `unavailable` where somebody else listens at the place, or it cannot be had.
        public func run() async throws {
            guard case .socket(let path, _, _) = place else { return try await listen() }
            let hold = try SocketHold(path)
            try await listen()
            withExtendedLifetime(hold) {}
        }

        private func listen() async throws {
            let address: BindAddress =
                switch place {
                case .address(let host, let port): .hostname(host, port: port)
                case .socket(let path, _, _): .unixDomainSocket(path: path)
                }
            let (service, limits) = (service, limits)
            var configuration = HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    GuardInstaller(
                        ConnectionGuard(patience: .seconds(limits.patienceSeconds)) {
                            service.answer(unread: $0, headerLimit: limits.headerBytes)
                        })
                ], idleTimeout: .seconds(limits.idleSeconds))
            configuration.httpDecoder = .init(
                maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes, maxHeaderFieldCount: limits.headerFields)
            let application = Application(
                responder: ServiceResponder(service: service, limits: limits),
                server: HTTPServerBuilder { [configuration] responder in
                    UpgradableChannel(
                        http: HTTP1Channel(responder: responder, configuration: configuration), service: service, limits: limits)
                },
                configuration: .init(
                    address: address, availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: logger)),
                onServerRunning: { channel in
                    open(place)
                    await bound(channel.localAddress?.port)
                }, logger: logger)
            do { try await application.run() } catch let error as IOError {
                throw CloudError(
                    .unavailable, ["part": place.name], detail: "cannot listen there: \(String(cString: strerror(error.errnoCode)))")
            }
        }

        /// Lets the group of a socket in. Until then only the daemon's own account can connect, for the folder and the umask say so.
        private func open(_ place: Place) {
            guard case .socket(let path, let mode, let group) = place else { return }
            if let group, chown(path, uid_t.max, group) != 0 { logger.warning("the socket keeps its group", metadata: ["path": "\(path)"]) }
            if chmod(path, mode) != 0 { logger.error("the socket keeps its mode", metadata: ["path": "\(path)"]) }
        }
    }
#endif
