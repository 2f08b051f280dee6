// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
import Leases

/// Keeps the promises of leases: past `destroyAt` an instance is destroyed, past `suspendAt` it is suspended if a host holds it, else its
/// owners are told in time. Takes no input, may run at any time, acts through operations; the dates that are stored are all that it goes
/// by.
///
/// An instance that a verb has is left to it, and looked at again a minute later, so that those behind it have their turn. What could not
/// be begun is tried again later and later, and one bad record holds up no other.
/// Before it looks it writes down that the manager is alive, so that the next one knows of an absence
/// (Documentation/decisions/0015-the-sweeper-trusts-no-clock.md).
public struct LeaseSweeper: Sendable {
    /// What a pass did.
    public struct Report: Sendable {
        /// How long nobody had looked; nil where somebody had.
        public fileprivate(set) var away: Duration?
        /// Instances whose date of destruction fell into an absence and moved, in order.
        public fileprivate(set) var moved: [ID<InstanceKind>] = []
        /// Instances whose owners were told, in the order of their looks.
        public fileprivate(set) var told: [ID<InstanceKind>] = []
        /// Instances whose suspension was begun.
        public fileprivate(set) var suspended: [ID<InstanceKind>] = []
        /// Instances whose destruction was begun.
        public fileprivate(set) var destroyed: [ID<InstanceKind>] = []
        /// Instances for which nothing could be done, and why.
        public fileprivate(set) var refused: [ID<InstanceKind>: any Error] = [:]
        /// Whether more were to be destroyed than the cloud may.
        public fileprivate(set) var isOverBudget = false
        /// What stops a part of the cloud, in order of the ids.
        public fileprivate(set) var alarms: [Alarm] = []
    }

    /// The most leases that one pass looks at: the rest comes with the next.
    public static let budget = 500

    let cloud: Cloud
    private var world: World { cloud.world }

    /// A sweeper of a cloud.
    public init(cloud: Cloud) { self.cloud = cloud }

    /// One pass.
    /// - Parameter driving: whether what follows is driven to its end in this task, for a cloud that nobody serves.
    /// - Throws: what the store failed with.
    public func pass(driving: Bool = false) async throws -> Report {
        var report = Report()
        let now = world.clock.now()
        (report.away, report.moved) = try await beat(at: now)
        for id in try await due(at: now) {
            do { try await sweep(id, at: now, driving, into: &report) } catch let error where error.isOneObjects {
                report.refused[id] = error
            }
        }
        report.alarms = try await world.store.read { try $0.alarms.all() }
        return report
    }

    // MARK: Absence

    /// Writes that the manager is alive, and what follows from how long it was not.
    private func beat(at now: Timestamp) async throws -> (away: Duration?, moved: [ID<InstanceKind>]) {
        let (settings, activity) = (world.settings, world.ids.next(ActivityKind.self))
        return try await world.store.write { tx in
            guard var heartbeat = try tx.heartbeats.rows.find(key: Heartbeat.manager) else {
                try tx.heartbeats.insert(Heartbeat(id: Heartbeat.manager, at: now))
                return (nil, [])
            }
            let away = now - heartbeat.at
            guard away > .zero - settings.clockTolerance else {
                // What was promised at a later time is not judged by an earlier one.
                let back = String(heartbeat.at.milliseconds)
                try tx.raise(Alarm(id: Alarm.clock, code: "clock-back", parameters: ["seen": back], since: now), activity)
                return (nil, [])
            }
            let last = heartbeat.at
            heartbeat.at = max(now, last)
            try tx.heartbeats.update(heartbeat)
            guard away > settings.absenceAfter else { return (nil, []) }
            if away > settings.longestAbsence {
                let days = String(away.components.seconds / 86_400)
                try tx.raise(Alarm(id: Alarm.clock, code: "clock-ahead", parameters: ["days": days], since: now), activity)
            }
            return (away, try tx.moveDestructions(from: last, to: now))
        }
    }

    // MARK: Leases

    private func due(at now: Timestamp) async throws -> [ID<InstanceKind>] {
        // By name alone: a row that cannot be read hides the others in one statement.
        let due = Query<InstanceLease>(.below(.lookAt, .time(now + .milliseconds(1))), order: .lookAt, limit: Self.budget)
        return try await world.store.read { try $0.names(due) }.compactMap { ID($0) }
    }

    private struct Outcome: Sendable {
        var act: Leases.Matter?
        var isTold = false
        var version: Int64 = 0
    }

    private func sweep(_ id: ID<InstanceKind>, at now: Timestamp, _ driving: Bool, into report: inout Report) async throws {
        let outcome = try await judge(id, at: now)
        if outcome.isTold { report.told.append(id) }
        do {
            // A renewal that came in between is noticed in the verb's own transaction.
            switch outcome.act {
            case .suspend:
                try await cloud.begin(SuspendInstance(by: .theCloud, instance: id), driving: driving) {
                    try $0.requireLease(id, version: outcome.version)
                }
                report.suspended.append(id)
            case .destroy:
                try await cloud.begin(DestroyInstance(by: .theCloud, instance: id), driving: driving) { [world] in
                    try $0.requireLease(id, version: outcome.version)
                    try $0.takeDestruction(.destroy, world: world)
                }
                report.destroyed.append(id)
            case nil: return
            }
        } catch let refusal as CloudError where [.busy, .staleVersion, .stateForbids, .fenceStale].contains(refusal.code) {
            // Somebody came first; the next look knows better.
        } catch let spent as OverBudget {
            report.isOverBudget = true
            try await world.store.write { [world] in try $0.raiseOverBudget(spent.kind, world: world) }
        }
    }

    /// Judges one lease and writes what follows for its row, its outbox, its activity, in one transaction.
    private func judge(_ id: ID<InstanceKind>, at now: Timestamp) async throws -> Outcome {
        try await world.store.write { [world] tx in
            guard var lease = try tx.leases.find(id), let lookAt = lease.lookAt, lookAt <= now else { return Outcome() }
            let (instance, status) = (try tx.instances.get(id), try tx.statuses.get(id))
            guard instance.alive else {
                lease.lookAt = nil
                try tx.leases.update(lease)
                return Outcome()
            }
            guard status.operation == nil else {
                lease.lookAt = now + Leases.heldBack
                try tx.leases.update(lease)
                return Outcome()
            }
            let judged = Leases.judge(lease, state: status.state, at: now)
            var outcome = Outcome(act: judged.act, isTold: !judged.notices.isEmpty)
            for notice in judged.notices { try tx.queue(notice, about: instance, world: world, at: now) }
            outcome.version = judged.lease == lease ? lease.version : try tx.leases.update(judged.lease).version
            return outcome
        }
    }
}

extension Heartbeat {
    /// The id of the only row.
    static let manager = "manager"
}
