// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import ImageStore

/// Reads a host's report: writes its evidence, what changed of its guests, and begins what must follow. Where processors stand still or go
/// on though nobody here asked (QEMU pauses a guest whose disk's store is full) the rows follow at once: nothing on the host is to be done. A host that does not answer makes
/// its evidence grow old, and its instances are shown as unknown. A claimed instance is left to its holder: what its host sees of it is written all the same, for people
/// to read while they wait.
///
/// What follows is judged on rows that were read *before* the report was asked for, and only where no verb had them then and none has moved them since
/// (their fence): a report says nothing about what began after it. `SettleInstance` looks once more before it cuts anything.
///
/// A host that shows many of its machines no more, or none of several, is not believed: it may have been asked at the wrong place, or have
/// lost its records. That is an alarm (its id is the host's), and none of those that it does not show is settled until an operator clears
/// it; it goes by itself once all are seen again. A host that has booted since is believed: everything stopped.
public struct HostWatch: Sendable {
    /// What a pass saw.
    public struct Report: Sendable {
        /// Hosts that reported, in order.
        public fileprivate(set) var heard: [ID<HostKind>] = []
        /// Hosts that did not answer, and why.
        public fileprivate(set) var silent: [ID<HostKind>: any Error] = [:]
        /// Instances whose records follow what was seen, in order.
        public fileprivate(set) var settled: [ID<InstanceKind>] = []
        /// Instances that run though their records said that they do not, in order: the records follow.
        public fileprivate(set) var adopted: [ID<InstanceKind>] = []
        /// Instances whose records could not follow, or of which one cannot be read, and why.
        public fileprivate(set) var unsettled: [ID<InstanceKind>: any Error] = [:]
        /// Instances whose processors stand still, or go on, though nobody here asked, in order.
        public fileprivate(set) var turned: [ID<InstanceKind>] = []
        /// Domains of ours that no record knows, in order: reported, never touched here.
        public fileprivate(set) var orphans: [ID<InstanceKind>] = []
        /// Instances that their hosts show no more, and that are not believed to be gone, in order: an alarm stands.
        public fileprivate(set) var doubted: [ID<InstanceKind>] = []
        /// Whether more instances were to be settled than ``HostWatch/budget``.
        public fileprivate(set) var isOverBudget = false
    }

    /// The most instances of a host that one pass settles, and the most that a host may show no more all at once without an alarm.
    public static let budget = 20

    let cloud: Cloud

    /// A watch over a cloud's hosts.
    public init(cloud: Cloud) { self.cloud = cloud }

    /// One pass over all hosts, one after the other.
    /// - Parameter driving: whether what follows is driven to its end in this task, for a cloud that nobody serves.
    /// - Throws: what the store failed with.
    public func pass(driving: Bool = false) async throws -> Report {
        var report = Report()
        for host in cloud.world.hosts.ids { try await look(at: host, driving, into: &report) }
        return report
    }

    /// One pass over one host: where each has a loop of its own, a slow one holds up no other.
    public func pass(over host: ID<HostKind>) async throws -> Report {
        var report = Report()
        try await look(at: host, false, into: &report)
        return report
    }

    private func look(at host: ID<HostKind>, _ driving: Bool, into report: inout Report) async throws {
        let before = try await cloud.world.store.read { try $0.readable(Query<InstanceStatus>(.equals(.host, .id(host)))).rows }
        let asked = cloud.world.clock.now()
        let seen: (HostReport, StoreSpace)
        do {
            let parts = try cloud.world.hosts.parts(of: host)
            cloud.world.looks.asks(host)
            seen = (try await parts.guests.report(), try await parts.disks.space())
        } catch let error where error is CloudError || error is OutcomeUnknown {
            if let refusal = error as? CloudError, refusal.code != .hostUnreachable { cloud.world.looks.hears(host) }
            report.silent[host] = error
            return
        }
        cloud.world.looks.hears(host)
        let plan = try await record(seen.0, seen.1, of: host, judged: before, asked: asked)
        report.heard.append(host)
        report.orphans += plan.orphans
        report.turned += plan.turned
        report.doubted += plan.doubted
        report.unsettled.merge(plan.unread) { $1 }
        report.isOverBudget = report.isOverBudget || plan.toSettle.count > Self.budget
        // Nothing is taken away: no budget. Until the last is adopted, a verb for machines that are off could be done under it.
        for (instance, fence) in plan.toAdopt {
            do {
                if try await follow(AdoptInstance(instance, on: host, judgedAt: fence), driving) { report.adopted.append(instance) }
            } catch let
                error as CloudError
            { report.unsettled[instance] = error }
        }
        for due in plan.toSettle.prefix(Self.budget) {
            do { if try await settle(due, on: host, driving) { report.settled.append(due.instance) } } catch let error as CloudError {
                report.unsettled[due.instance] = error
            }
        }
    }

    /// What must follow a report.
    struct Plan: Sendable {
        var toSettle: [Due] = []
        /// Instances that run though no host holds them, and the fences of their rows.
        var toAdopt: [(instance: ID<InstanceKind>, fence: Fence)] = []
        var doubted: [ID<InstanceKind>] = []
        var turned: [ID<InstanceKind>] = []
        var orphans: [ID<InstanceKind>] = []
        /// Instances of which a row cannot be read: they are left as they are, and hold up no other.
        var unread: [ID<InstanceKind>: any Error] = [:]
    }

    /// An instance whose records are to follow.
    struct Due: Sendable {
        let instance: ID<InstanceKind>
        let fence: Fence
        let end: GuestEnd
        /// Whether its host does not show it at all.
        let isAbsent: Bool
    }

    /// How a guest came to its end by itself.
    enum GuestEnd: Hashable, Sendable {
        /// It shut itself down.
        case stopped
        /// Its process is gone.
        case failed(CloudError)

        /// Why it failed; nil where it shut itself down.
        var failure: CloudError? { if case .failed(let failure) = self { failure } else { nil } }
    }

    private func record(
        _ report: HostReport, _ space: StoreSpace, of host: ID<HostKind>, judged: [InstanceStatus], asked: Timestamp
    ) async throws -> Plan {
        let now = cloud.world.clock.now()
        let judged = Dictionary(uniqueKeysWithValues: judged.map { ($0.id, $0) })
        return try await cloud.world.store.write { tx in
            let known = try tx.evidence.find(host)
            let fresh = HostEvidence(
                id: host, version: known?.version ?? 1, report: report.number, bootID: report.bootID, cpus: report.cpus,
                memory: report.memory, freeDisk: space.free, totalDisk: space.total, seenAt: now)
            if known == nil { try tx.evidence.insert(fresh) } else { try tx.evidence.update(fresh) }
            let seen = Dictionary(report.guests.map { ($0.instance, $0) }, uniquingKeysWith: { first, _ in first })
            let sightings = Dictionary(
                uniqueKeysWithValues: try tx.readable(Query<InstanceSighting>(.equals(.host, .id(host)))).rows.map { ($0.id, $0) })
            let statuses = try tx.readable(Query<InstanceStatus>(.equals(.host, .id(host))))
            let held = statuses.rows
            var plan = Plan()
            for (name, error) in statuses.unread { ID(name).map { plan.unread[$0] = error } }
            for status in held {
                guard let before = judged[status.id], before.fence == status.fence else { continue }
                // A verb that had its claim before the report may have worked behind it.
                guard before.operation == nil || (before == status && status.state.holdsHost) else { continue }
                let sighting = seen[status.id]
                // People see less of it then; what follows for it does not depend on that.
                do { try note(sighting, after: sightings[status.id], of: status, on: host, in: tx, at: now) } catch let error as CloudError
                    where error.isUnreadableRow
                { plan.unread[status.id] = error }
                guard status.operation == nil else { continue }
                if let turn = GuestTurn(of: status, seen: sighting) {
                    try tx.follow(turn, of: status, as: cloud.world.ids.next(ActivityKind.self), at: now)
                    plan.turned.append(status.id)
                }
                if let end = Self.end(of: status.id, seen: sighting?.power ?? .absent, in: status.state) {
                    let isAbsent = sighting?.power ?? .absent == .absent
                    plan.toSettle.append(Due(instance: status.id, fence: status.fence, end: end, isAbsent: isAbsent))
                }
            }
            try doubt(&plan, of: host, held, seen: seen, hasBooted: known.map { $0.bootID != report.bootID } ?? false, in: tx)
            let heldIDs = Set(held.map(\.id))
            for guest in seen.keys.sorted() where !heldIDs.contains(guest) {
                do {
                    let status = try tx.statuses.find(guest)
                    guard status?.operation == nil else { continue }
                    if let status, let sighting = seen[guest], Self.runsOn(sighting, of: status, asked: asked) {
                        plan.toAdopt.append((guest, status.fence))
                    } else {
                        plan.orphans.append(guest)
                    }
                } catch let error as CloudError where error.isUnreadableRow { plan.unread[guest] = error }
            }
            return plan
        }
    }

    /// Whether a guest runs that its records do not know to run: of a free instance that no host holds, begun by a command of before the last
    /// that they know, and seen by a report that was asked for after they last changed. Pure.
    static func runsOn(_ seen: GuestSighting, of status: InstanceStatus, asked: Timestamp) -> Bool {
        guard seen.power == .running || seen.power == .paused, status.host == nil, status.changedAt < asked else { return false }
        return Verb.adopt.allowedStates?.contains(status.state) == true && seen.fence < status.fence
    }

    /// What follows for a free instance in a state whose domain is seen so; nil for nothing. Pure.
    static func end(of instance: ID<InstanceKind>, seen power: GuestSighting.Power, in state: InstanceState) -> GuestEnd? {
        guard state.holdsHost else { return nil }
        switch power {
        case .running, .paused: return nil
        case .off: return .stopped
        case .crashed, .absent: return .failed(CloudError(.guestLost, ["instance": instance.text]))
        }
    }

    /// Writes a sighting where it is another than the last, or the last is of before the state changed.
    private func note(
        _ sighting: GuestSighting?, after last: InstanceSighting?, of status: InstanceStatus, on host: ID<HostKind>,
        in tx: any StoreTransaction, at now: Timestamp
    ) throws {
        let power = (sighting?.power ?? .absent).rawValue
        let fence = sighting?.fence ?? Fence(0)
        guard var known = try last ?? tx.sightings.find(status.id) else {
            try tx.sightings.insert(InstanceSighting(id: status.id, host: host, power: power, fence: fence, seenAt: now))
            return
        }
        guard known.power != power || known.host != host || known.fence != fence || known.seenAt < status.changedAt else { return }
        (known.power, known.host, known.fence, known.seenAt) = (power, host, fence, now)
        try tx.sightings.update(known)
    }

    /// Takes those out of a plan that their host shows no more and that are not believed to be gone, and raises the alarm or takes it back.
    ///
    /// From the first doubt on the host has a row among the budgets: how many may still be believed to be gone, which is as many as an
    /// operator said when the alarm was cleared, or all that went with its boot. The row goes when none is missing any more.
    private func doubt(
        _ plan: inout Plan, of host: ID<HostKind>, _ held: [InstanceStatus], seen: [ID<InstanceKind>: GuestSighting], hasBooted: Bool,
        in tx: any StoreTransaction
    ) throws {
        let (now, missing) = (cloud.world.clock.now(), plan.toSettle.filter(\.isAbsent).map(\.instance))
        let holding = held.filter(\.state.holdsHost)
        func isShown(_ instance: ID<InstanceKind>) -> Bool { seen[instance]?.power ?? .absent != .absent }
        let gone = holding.count { !isShown($0.id) }
        let known = try tx.destructionBudgets.rows.find(key: host.text)
        func fresh(allowed: Int) -> DestructionBudget {
            DestructionBudget(id: host.text, version: known?.version ?? 1, since: now, taken: 0, limit: gone, allowed: allowed)
        }
        var budget = known
        if missing.isEmpty, holding.allSatisfy({ $0.operation == nil || isShown($0.id) }) {
            budget = nil
        } else if hasBooted, gone > (known == nil ? 1 : 0) {
            // What verbs have is gone as well, and is judged when they are done with it.
            budget = fresh(allowed: gone)
        } else if known == nil, missing.count > Self.budget || (missing.count > 1 && held.allSatisfy { !isShown($0.id) }) {
            budget = fresh(allowed: 0)
        }
        if !missing.isEmpty { budget?.limit = missing.count }
        guard let budget else {
            if known != nil { try tx.delete(DestructionBudget.self, host.text) }
            return try tx.takeBack(host.text, at: now)
        }
        if known == nil { try tx.destructionBudgets.insert(budget) } else if budget != known { try tx.destructionBudgets.update(budget) }
        plan.doubted = Array(missing.dropFirst(budget.allowed))
        if !plan.doubted.isEmpty {
            let figures = ["missing": String(missing.count), "of": String(holding.count)]
            if var alarm = try tx.alarms.rows.find(key: host.text) {
                // Whoever clears it says yes to what it shows.
                if alarm.parameters != figures {
                    alarm.parameters = figures
                    try tx.alarms.update(alarm)
                }
            } else {
                let alarm = Alarm(id: host.text, code: "guests-missing", parameters: figures, since: now)
                try tx.raise(alarm, cloud.world.ids.next(ActivityKind.self))
            }
        } else if !missing.isEmpty {
            try tx.takeBack(host.text, at: now)
        }
        let doubted = Set(plan.doubted)
        plan.toSettle.removeAll { doubted.contains($0.instance) }
    }

    /// Begins the settling.
    private func settle(_ due: Due, on host: ID<HostKind>, _ driving: Bool) async throws -> Bool {
        try await follow(SettleInstance(due.instance, judgedAt: due.fence, failure: due.end.failure), driving) { tx in
            guard due.isAbsent, var budget = try tx.destructionBudgets.rows.find(key: host.text), budget.allowed > 0 else { return }
            (budget.allowed, budget.taken) = (budget.allowed - 1, budget.taken + 1)
            try tx.destructionBudgets.update(budget)
        }
    }

    /// Begins what follows a report; that a verb came first, or the guest is otherwise by now, is no fault.
    private func follow(
        _ operation: some CloudOperation, _ driving: Bool, _ beside: @escaping @Sendable (any StoreTransaction) throws -> Void = { _ in }
    ) async throws -> Bool {
        do {
            try await cloud.begin(operation, driving: driving, alongside: beside)
            return true
        } catch let refusal as CloudError where [.busy, .stateForbids, .fenceStale].contains(refusal.code) { return false }
    }
}
