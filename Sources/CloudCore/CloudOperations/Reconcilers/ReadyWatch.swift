// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import NetFabric

/// Calls a machine ready for which nobody waits any more and that came up after all: whoever waited was asked to stop, or the limit had passed, or
/// the records were restored. Looks at free instances that run and are not ready, and changes nothing but their rows.
///
/// Takes no input and may run at any time. Guests are asked at the same time, those first whose rows changed last; who does not answer is
/// asked again later and later, up to five minutes, and takes nobody's place.
public struct ReadyWatch: Sendable {
    /// What a pass did.
    public struct Report: Sendable {
        /// Instances that are ready by now, in order.
        public fileprivate(set) var ready: [ID<InstanceKind>] = []
        /// Instances of which a row cannot be read, and why.
        public fileprivate(set) var unread: [ID<InstanceKind>: any Error] = [:]
    }

    /// The most guests that one pass asks.
    static let budget = 32

    /// A machine that runs and is not ready, and what ready means for it.
    struct Candidate: Sendable {
        let instance: ID<InstanceKind>
        let host: ID<HostKind>
        let fence: Fence
        let readiness: Readiness
        let accessPort: UInt16
        /// The port by which people get in; nil for a machine on no network.
        let port: FabricPort?
    }

    let cloud: Cloud

    /// A watch over a cloud's machines.
    public init(cloud: Cloud) { self.cloud = cloud }

    /// One pass. Throws what the store failed with.
    public func pass() async throws -> Report {
        var report = Report()
        let now = cloud.world.clock.now()
        let resting = Set(cloud.world.notReady.waiting(at: now).keys)
        let (candidates, unread) = try await cloud.world.store.read { try $0.notReady(but: resting) }
        report.unread = unread
        let up = try await withThrowingTaskGroup(of: Candidate?.self) { group in
            for candidate in candidates { group.addTask { try await cloud.world.isReady(candidate) ? candidate : nil } }
            var up: [Candidate] = []
            for try await candidate in group { if let candidate { up.append(candidate) } }
            return up.sorted { $0.instance < $1.instance }
        }
        let answered = Set(up.map(\.instance))
        for candidate in candidates {
            guard !answered.contains(candidate.instance) else { cloud.world.notReady.forget(candidate.instance); continue }
            cloud.world.notReady.note(candidate.instance, because: CloudError(.agentSilent, ["instance": candidate.instance.text]), at: now)
        }
        guard !up.isEmpty else { return report }
        report.ready = try await cloud.world.store.write { tx in
            try up.filter { try tx.callReady($0, at: now) }.map(\.instance)
        }
        return report
    }
}

extension World {
    /// Whether a guest is what its template calls ready. It is told nothing, and what does not answer is not ready, whatever the reason.
    fileprivate func isReady(_ guest: ReadyWatch.Candidate) async throws -> Bool {
        do {
            let host = try hosts.parts(of: guest.host)
            guard try await host.guests.observe(guest.instance).power == .running else { return false }
            if guest.readiness == .agent {
                let bound = try await host.guests.addresses(guest.instance)
                if let port = guest.port, !bound.contains(port.ipv4.description) { return false }
            }
            guard guest.readiness != .running, let port = guest.port else { return true }
            return try await host.probe.answers(port.ipv4, port: guest.accessPort, on: port.network)
        } catch is CloudError { return false } catch is OutcomeUnknown { return false }
    }
}

extension StoreView {
    fileprivate func notReady(but resting: Set<ID<InstanceKind>>) throws -> (
        candidates: [ReadyWatch.Candidate], unread: [ID<InstanceKind>: any Error]
    ) {
        let rows = try readable(
            Query<InstanceStatus>(
                .equals(.state, .text(InstanceState.running.rawValue)), .equals(.operation, .null), .equals(.readyAt, .null)))
        var unread: [ID<InstanceKind>: any Error] = [:]
        for (name, error) in rows.unread { ID(name).map { unread[$0] = error } }
        var candidates: [ReadyWatch.Candidate] = []
        let due = rows.rows.filter { !resting.contains($0.id) }.sorted { ($1.changedAt, $0.id) < ($0.changedAt, $1.id) }
        for status in due.prefix(ReadyWatch.budget) {
            do {
                guard let host = status.host else { continue }
                let parts = try instanceParts(try instances.get(status.id))
                candidates.append(
                    ReadyWatch.Candidate(
                        instance: status.id, host: host, fence: status.fence, readiness: parts.revision.readiness,
                        accessPort: parts.revision.access.port, port: parts.ports.first))
            } catch let error as CloudError where error.isUnreadableRow { unread[status.id] = error }
        }
        return (candidates, unread)
    }
}

extension StoreTransaction {
    /// Calls a machine ready, unless something was done with it since it was looked at.
    fileprivate func callReady(_ seen: ReadyWatch.Candidate, at now: Timestamp) throws -> Bool {
        guard var row = try statuses.find(seen.instance), row.fence == seen.fence, row.operation == nil, row.state == .running,
            row.readyAt == nil
        else { return false }
        row.readyAt = now
        try statuses.update(row)
        try addEvent(NewEvent(code: "instance.ready", object: seen.instance.text, operation: nil, at: now))
        return true
    }
}
