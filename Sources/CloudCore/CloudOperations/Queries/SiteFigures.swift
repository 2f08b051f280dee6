// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow

/// How a site stands, in numbers about nobody: for whoever watches it.
public struct SiteFigures: Sendable, Hashable {
    /// Instances by the state that is shown, each state named, 0 included; `unknown` where their host's word is old, or their rows cannot be
    /// read.
    public let instances: [String: Int]
    /// Operations that have not ended, by state, 0 included; `stuck` where their rows cannot be read, for then nobody takes them further.
    public let operations: [String: Int]
    /// The hosts, in order of their ids.
    public let hosts: [Host]

    /// A host, in numbers.
    public struct Host: Sendable, Hashable {
        /// Which.
        public let host: ID<HostKind>
        /// Where its disks are.
        public let store: ID<StoreKind>
        /// Whether its word is fresh.
        public let isReachable: Bool
        /// The room on the store's disk, by its last word; nil for none.
        public let freeDisk: ByteCount?
    }
}

extension Cloud {
    /// The figures of this moment. For a daemon's metrics: it is asked by no principal, and says nothing of anyone's.
    public func figures() async throws -> SiteFigures {
        let (now, freshness) = (world.clock.now(), world.settings.freshness)
        let runs = try await world.store.openRuns()
        let open = runs.runs.map(\.state.rawValue) + runs.unread.map { _ in RunState.stuck.rawValue }
        return try await world.store.read { view in
            let evidence = Dictionary(uniqueKeysWithValues: try view.readable(Query<HostEvidence>()).rows.map { ($0.id, $0) })
            let statuses = try view.readable(Query<InstanceStatus>())
            let shown = statuses.rows.map { status in
                switch ShownState(status, evidence: status.host.flatMap { evidence[$0] }, freshness: freshness, at: now) {
                case .known(let state): state.rawValue
                case .unknown: "unknown"
                }
            }
            let hosts = try view.hosts.all().map { host in
                let word = evidence[host.id]
                return SiteFigures.Host(
                    host: host.id, store: host.store, isReachable: word.map { now - $0.seenAt <= freshness } ?? false,
                    freeDisk: word?.freeDisk)
            }
            return SiteFigures(
                instances: Self.counts(
                    shown + statuses.unread.map { _ in "unknown" }, of: InstanceState.allCases.map(\.rawValue) + ["unknown"]),
                operations: Self.counts(open, of: RunState.allCases.filter { !$0.isTerminal }.map(\.rawValue)), hosts: hosts)
        }
    }

    private static func counts(_ found: [String], of names: [String]) -> [String: Int] {
        found.reduce(into: Dictionary(uniqueKeysWithValues: names.map { ($0, 0) })) { $0[$1, default: 0] += 1 }
    }
}
