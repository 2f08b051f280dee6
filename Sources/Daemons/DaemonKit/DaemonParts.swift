// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import ServiceLifecycle

    /// What a daemon is made of, as ``Daemon`` runs it.
    public struct DaemonParts: Sendable {
        /// Its parts; they end in reverse order.
        public var services: [any Service]
        /// How many places have to take connections before it is ready, and where each of them says so.
        public var doors: (count: Int, opened: AsyncStream<Void>)
        /// Does what a new configuration wants of the running parts: only of settings that are live.
        public var apply: @Sendable (Configuration) -> Void
        /// Throws where the daemon does not do its work.
        public var check: @Sendable () async throws -> Void

        /// The parts.
        public init(
            services: [any Service], doors: (count: Int, opened: AsyncStream<Void>), apply: @escaping @Sendable (Configuration) -> Void,
            check: @escaping @Sendable () async throws -> Void
        ) {
            self.services = services
            self.doors = doors
            self.apply = apply
            self.check = check
        }
    }
#endif
