// SPDX-License-Identifier: Apache-2.0

import CloudAPI
public import CloudModel
public import CloudOperations
import CloudWorkflow

/// The API as a value: a call goes in, an answer comes out. Everything about the domain is the cloud's; here requests are read, calls
/// are made, and answers written.
public struct CloudService: Sendable {
    /// What a daemon decides about its API.
    public struct Settings: Sendable {
        /// The daemon's version, for discovery.
        public var version: String
        /// The address under which callers reach forwarded ports; nil where nobody has said.
        public var publicAddress: String?
        /// The largest JSON body in bytes.
        public var bodyLimit = 1 << 20
        /// The largest upload.
        public var uploadLimit = ByteCount.gibibytes(100)
        /// The longest `?wait=` in seconds.
        public var waitLimit: Int64 = 60
        /// Ways to sign in, for discovery.
        public var signIn = ["bearer"]
        /// Pages of these origins may open consoles, besides the daemon's own: `https://portal.example`.
        public var consoleOrigins: [String] = []
        /// How often the store is asked for new events.
        public var eventInterval = Duration.milliseconds(200)
        /// Whether whoever reaches the daemon may read its metrics; otherwise site operators only.
        public var metricsAreOpen = false
        /// Settings.
        public init(version: String, publicAddress: String? = nil) {
            self.version = version
            self.publicAddress = publicAddress
        }
    }

    /// What the log learns of one call.
    public struct Record: Sendable {
        /// The request's id.
        public let request: String
        /// Method and path, as they came.
        public let target: String
        /// The method as it was written.
        public let method: String
        /// The path of the route that it led to, with its open parts in braces; nil where it led to none.
        public let route: String?
        /// The status of the answer.
        public let status: Int
        /// Who; nil where nobody was recognised.
        public let user: ID<UserKind>?
        /// The operation that it began or was about; nil for none.
        public let operation: String?
        /// Why it was refused, with the detail that never leaves; nil where it was not.
        public let error: String?
        /// How long it took until the answer began.
        public let time: Duration
    }

    let cloud: Cloud
    /// What the daemon decides, to be set while it runs.
    public let live: Live<Settings>
    var settings: Settings { live.value }
    let signIn: SignIn
    /// What one person may ask for at a time; may be set while the daemon runs.
    public let limits: CallLimits
    let tickets: ConsoleTickets
    let clock: any Clock<Duration>
    let elapsed: @Sendable () -> Duration
    let chance: @Sendable (Int) -> [UInt8]
    let log: @Sendable (Record) -> Void
    let backups: (any BackupSource)?
    let metrics: (any MetricsSource)?

    /// The API of a cloud.
    /// - Parameters:
    ///   - clock: for waiting.
    ///   - elapsed: the time since any fixed moment, never going back.
    ///   - chance: bytes of cryptographic chance, for tokens and request ids.
    ///   - backups: makes them; nil where the records are nobody's to copy.
    ///   - metrics: what is read at `/metrics`; nil for nothing.
    ///   - log: told of every call.
    public init(
        cloud: Cloud, settings: Settings, signIn: SignIn = SignIn(), figures: CallLimits.Figures = .init(), clock: any Clock<Duration>,
        elapsed: @escaping @Sendable () -> Duration, chance: @escaping @Sendable (Int) -> [UInt8],
        backups: (any BackupSource)? = nil, metrics: (any MetricsSource)? = nil, log: @escaping @Sendable (Record) -> Void = { _ in }
    ) {
        self.cloud = cloud
        live = Live(settings)
        self.signIn = signIn
        self.clock = clock
        self.elapsed = elapsed
        self.chance = chance
        self.log = log
        self.backups = backups
        self.metrics = metrics
        limits = CallLimits(figures, elapsed: elapsed)
        tickets = ConsoleTickets(elapsed: elapsed)
    }
}
