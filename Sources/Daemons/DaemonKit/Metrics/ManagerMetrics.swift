// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import CloudHTTP
    public import CloudModel
    public import CloudOperations
    import CloudStore
    import CloudWorkflow

    /// What a manager says of itself to Prometheus. Names and units: Documentation/running.md; alarms over them:
    /// packaging/prometheus/lyceum.rules.yml.
    public struct ManagerMetrics: MetricsSource {
        private let registry = MetricRegistry()
        private let requests: MetricRegistry.Counter
        private let latencies: MetricRegistry.Histogram
        private let operations: MetricRegistry.Counter
        private let passes: MetricRegistry.Histogram
        private let failures: MetricRegistry.Counter
        private let build: BuildFacts
        private let began: Timestamp

        /// Nothing counted yet.
        public init(_ build: BuildFacts, clock: any WallClock) {
            self.build = build
            began = clock.now()
            requests = registry.counter(
                "lyceum_http_requests_total", "Answered calls of the API.", labels: "method", "route", "status")
            latencies = registry.histogram(
                "lyceum_http_request_duration_seconds", "Time until an answer began, waits that the caller asked for included.",
                labels: "method", "route", bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60])
            operations = registry.counter(
                "lyceum_operations_total", "Ends of operations, and how often one got stuck.", labels: "kind", "outcome")
            passes = registry.histogram(
                "lyceum_pass_duration_seconds",
                "Time of the periodic passes: host watch, fabric watch, collector, key ring, lease sweeper.", labels: "pass",
                bounds: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60])
            failures = registry.counter("lyceum_pass_failures_total", "Periodic passes that failed.", labels: "pass")
        }

        /// A call was answered.
        public func answered(_ record: CloudService.Record) {
            let method = Self.methods.contains(record.method) ? record.method : "other"
            let route = record.route ?? "none"
            requests.add(method, route, String(record.status))
            latencies.observe(record.time, method, route)
        }

        /// Those that a route may have, or that are answered for one.
        private static let methods: Set = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]

        /// Something became known of the cloud.
        public func heard(_ notice: CloudNotice) {
            switch notice {
            case .ended(let run): operations.add(run.kind, run.outcome.word)
            case .passed(let pass, let time): passes.observe(time, pass)
            case .passFailed(let pass, _): failures.add(pass)
            default: break
            }
        }

        /// All of it, with what the records say at this moment. Throws where the store does not answer.
        public func text(of cloud: Cloud) async throws -> String {
            let figures = try await cloud.figures()
            var text = registry.text()
            text += MetricRegistry.gauge(
                "lyceum_operations_open", "Operations that have not ended, by state.", Self.values(figures.operations, "state"))
            text += MetricRegistry.gauge(
                "lyceum_instances", "Instances by the state that is shown.", Self.values(figures.instances, "state"))
            text += MetricRegistry.gauge(
                "lyceum_host_reachable", "1 where a host's last word is fresh.",
                figures.hosts.map { ([("host", $0.host.text)], $0.isReachable ? 1 : 0) })
            text += MetricRegistry.gauge(
                "lyceum_store_free_bytes", "Room on the disk of a store, by its host's last word.",
                figures.hosts.compactMap { host in host.freeDisk.map { ([("store", host.store.text)], Double($0.bytes)) } })
            if let store = (cloud.world.store as? any StoreFigures)?.commits {
                text += MetricRegistry.counter("lyceum_store_commits_total", "Commits of the records to the disk.", store.commits)
                text += MetricRegistry.counter("lyceum_store_writes_total", "Transactions that these commits hold.", store.transactions)
            }
            text += MetricRegistry.gauge(
                "lyceum_build_info", "Always 1; what is running.", [([("commit", build.commit), ("version", build.version)], 1)])
            return text
                + MetricRegistry.gauge(
                    "process_start_time_seconds", "When the manager began, in seconds since 1970.",
                    [([], Double(began.milliseconds) / 1000)])
        }

        private static func values(_ counts: [String: Int], _ label: String) -> [(labels: [(String, String)], value: Double)] {
            counts.sorted { $0.key < $1.key }.map { ([(label, $0.key)], Double($0.value)) }
        }
    }
#endif
