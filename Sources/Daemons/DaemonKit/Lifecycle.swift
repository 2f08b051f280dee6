// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import Logging
    public import ServiceLifecycle
    import UnixSignals

    /// Runs a daemon's parts until one of them ends or the system asks for the end.
    public enum Lifecycle {
        /// Runs the parts; on SIGTERM and SIGINT they end in reverse order, gracefully, within the limit given, and are cancelled after
        /// it. Throws what a part threw.
        public static func run(_ parts: [any Service], patience: Duration, logger: Logger) async throws {
            var configuration = ServiceGroupConfiguration(
                services: parts.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            configuration.maximumGracefulShutdownDuration = patience
            try await ServiceGroup(configuration: configuration).run()
        }

        /// A part that is one function; cancelled when the daemon ends.
        public struct Part: Service {
            private let body: @Sendable () async throws -> Void
            /// A part.
            public init(_ body: @escaping @Sendable () async throws -> Void) { self.body = body }
            /// A part that keeps something until it ends: the lock of a folder, for instance.
            public init(holding held: some Sendable, _ body: @escaping @Sendable () async throws -> Void) {
                self.init {
                    try await body()
                    withExtendedLifetime(held) {}
                }
            }
            /// Runs the function until it ends, or until the daemon ends; being cancelled then is no failure.
            public func run() async throws {
                do { try await cancelWhenGracefulShutdown { try await body() } } catch is CancellationError {}
            }
        }
    }
#endif
