// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import CloudHTTP
    import CloudModel
    public import CloudOperations
    public import Logging
    import CloudWorkflow
    public import ServiceLifecycle

    /// Everything of a manager that is not its cloud: log, metrics, the API and where it listens, and what a reload changes of them.
    public struct ManagerFront: Sendable {
        private let configuration: Configuration
        private let logger: Logger
        private let build: BuildFacts
        private let metrics: ManagerMetrics

        /// A manager's front.
        public init(_ configuration: Configuration, _ logger: Logger, build: BuildFacts = .here) {
            self.configuration = configuration
            self.logger = logger
            self.build = build
            metrics = ManagerMetrics(build, clock: SystemWallClock())
        }

        /// Something became known of the cloud: it is counted, and written into the log.
        public func heard(_ notice: CloudNotice) {
            metrics.heard(notice)
            notice.write(to: logger)
        }

        /// The daemon's parts around a cloud.
        /// - Parameters:
        ///   - site: what the records say of the site.
        ///   - first: what has to be there before the API, and ends after it.
        public func parts(of cloud: Cloud, _ site: SiteSetup, backups: any BackupSource, behind first: [any Service]) throws -> DaemonParts
        {
            let (version, api) = (build.version, service(of: cloud, site, backups: backups))
            let (opened, open) = AsyncStream<Void>.makeStream()
            let listeners = try configuration.listeners(api, logger) { open.yield() }
            return DaemonParts(
                services: first + listeners, doors: (listeners.count, opened),
                apply: { configuration in
                    cloud.world.live.set(configuration.operationSettings)
                    api.live.set(configuration.apiSettings(version: version))
                    api.limits.set(configuration.callFigures)
                },
                check: { try await cloud.checkStore() })
        }

        /// The API of a cloud, whose calls are counted and logged.
        func service(of cloud: Cloud, _ site: SiteSetup, backups: any BackupSource) -> CloudService {
            let (logger, metrics) = (logger, metrics)
            return CloudService(
                cloud: cloud, settings: configuration.apiSettings(version: build.version),
                signIn: configuration.signIn(administrator: site.administrator), figures: configuration.callFigures,
                clock: ContinuousClock(), elapsed: SystemElapsed.time, chance: SystemChance.bytes, backups: backups, metrics: metrics
            ) { record in
                metrics.answered(record)
                record.write(to: logger)
            }
        }

        /// The text of the metrics.
        func metrics(of cloud: Cloud) async throws -> String { try await metrics.text(of: cloud) }
    }

    extension CloudNotice {
        /// Writes the notice as one line, with the operation and the one that recorded it.
        func write(to logger: Logger) {
            var values: Logger.Metadata = [:]
            if let run { values["operation"] = "\(run)" }
            if case .ended(let news) = self {
                values["object"] = "\(news.object)"
                if let parent = news.parent { values["parent"] = "\(parent)" }
            }
            logger.log(level: level, "\(self)", metadata: values)
        }

        private var level: Logger.Level {
            switch self {
            case .passed: .trace
            case .hostHeard: .notice
            case .ended(let news):
                switch news.outcome {
                case .done, .superseded: .info
                case .undone: .notice
                case .stuck: .warning
                }
            default: .warning
            }
        }
    }
#endif
