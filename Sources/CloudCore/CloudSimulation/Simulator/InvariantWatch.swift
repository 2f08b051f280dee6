// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudStore
import CloudWorkflow
import Synchronization

/// Looks at every change whether it breaks a rule (``Invariant``). What it finds is kept and nothing is thrown: a story that broke a rule goes
/// on as it would have, so that the log shows what came of it.
final class InvariantWatch: Sendable {
    private let found = Mutex<[Violation]>([])
    /// Whether nobody is to tell a host anything.
    let quiet = Mutex(SimulatedCloud.Quiet.nowhere)
    /// What rules remember that compare what comes with what was before.
    let seen = Mutex(Seen())

    var violations: [Violation] { found.withLock { $0 } }

    func broken(_ invariant: Invariant, by text: String) { found.withLock { $0.append(Violation(invariant: invariant, by: text)) } }

    // MARK: After each change of a row

    func changed(_ old: InstanceStatus, to new: InstanceStatus) {
        // A start that is called off before its guest is ready puts back what was before.
        let isTakenBack = old.state == .running && old.readyAt == nil && old.operation != nil && old.operation == new.operation
        let isAWay =
            old.state == new.state || isTakenBack || InstanceState.Event.allCases.contains { old.state.after($0) == new.state }
        if !isAWay {
            let rule = old.state == .destroyed ? Invariant.destroyedIsDestroyed : .stateGraph
            broken(rule, by: "\(new.id) went from \(old.state) to \(new.state)")
        }
        if new.fence < old.fence { broken(.fencesGrow, by: "\(new.id) went from fence \(old.fence) to \(new.fence)") }
    }

    // MARK: Now and then, everything

    /// - Parameter isLast: whether the story ends here: then also what is too much for now and then.
    func whole(_ view: any StoreView, _ around: Surroundings, isLast: Bool) throws {
        let rows = try Rows(view)
        try addresses(view)
        try claims(view, rows, over: around.hosts)
        try holders(view, rows)
        try quotas(view)
        try bases(view, rows, over: around.hosts)
        try files(view, rows, over: around.hosts)
        try leases(view, rows, around)
        try events(view)
        knows(rows)
        if isLast { try people(view, rows) }
    }

    /// The rows that several rules look at.
    struct Rows {
        let hosts: [CloudHost]
        let instances: [Instance]
        let statuses: [InstanceStatus]
        let disks: [Disk]
        let images: [Image]

        init(_ view: any StoreView) throws {
            (hosts, instances, statuses) = (try view.hosts.all(), try view.instances.all(), try view.statuses.all())
            (disks, images) = (try view.disks.all(), try view.images.all())
        }
    }

    private func addresses(_ view: any StoreView) throws {
        func once(_ invariant: Invariant, _ what: [String]) {
            for (text, count) in Dictionary(what.map { ($0, 1) }, uniquingKeysWith: +).sorted(by: { $0.key < $1.key }) where count > 1 {
                broken(invariant, by: "\(count) have \(text)")
            }
        }
        let ports = try view.ports.all()
        once(.addressesAreUnique, ports.map { "\($0.ipv4) in \($0.network)" } + ports.map(\.mac.description))
        let forwards = try view.forwardedPorts.all()
        once(.publicPortsAreUnique, forwards.map { "\($0.transport.rawValue) \($0.publicPort) of \($0.network)" })
    }

    private func claims(_ view: any StoreView, _ rows: Rows, over hosts: [ID<HostKind>: SimulatedHost]) throws {
        let claims = Dictionary(uniqueKeysWithValues: try view.claims.all().map { ($0.id, $0) })
        for status in rows.statuses where status.host != claims[status.id]?.host {
            broken(.claims, by: "\(status.id) is at \(status.host?.text ?? "no host") and claims \(claims[status.id]?.host.text ?? "none")")
        }
        let known = Set(rows.statuses.map(\.id))
        for claim in claims.values.sorted(by: { $0.id < $1.id }) where !known.contains(claim.id) {
            broken(.claims, by: "\(claim.id) claims \(claim.host) and is no instance")
        }
        for host in rows.hosts {
            guard let there = hosts[host.id]?.guests.snapshot() else { continue }
            let mine = claims.values.filter { $0.host == host.id }
            let (memory, cpus) = (mine.reduce(ByteCount.zero) { $0 + $1.memory }, mine.reduce(0) { $0 + $1.cpus.count })
            if memory + host.reserve > there.memory { broken(.capacity, by: "\(host.id) has \(there.memory), \(memory) are claimed") }
            if cpus > there.cpus.count * Int(host.cpuRatio) { broken(.capacity, by: "\(host.id): \(cpus) processors are claimed") }
        }
    }

    private func holders(_ view: any StoreView, _ rows: Rows) throws {
        for status in rows.statuses {
            guard let holder = status.operation else { continue }
            let run = try view.run(RunID(holder.text))
            if run?.state.isTerminal != false { broken(.oneWriter, by: "\(status.id) is held by \(holder), which has ended") }
        }
        let alive = Set(rows.instances.map(\.id))
        for disk in rows.disks {
            if let instance = disk.instance, !alive.contains(instance) {
                broken(.diskOwner, by: "\(disk.id) is of \(instance), which is not there")
            }
            if disk.instance == nil, disk.owner == nil { broken(.diskOwner, by: "\(disk.id) is nobody's") }
        }
    }

    private func quotas(_ view: any StoreView) throws {
        let (recounted, underWay) = (try view.recountedQuotas(), try view.accountsUnderWay())
        for account in try view.quotas.all() where !underWay.contains(account.id) && account.used != recounted[account.id] ?? .zero {
            broken(.quotas, by: "\(account.id) has used \(account.used), a recount says \(recounted[account.id] ?? .zero)")
        }
    }
}

extension StoreView {
    /// What each account has used, counted anew from what there is.
    public func recountedQuotas() throws -> [String: ResourceAmounts] {
        var amounts: [String: ResourceAmounts] = [:]
        func charge(_ used: ResourceAmounts, _ accounts: [String]) {
            for account in accounts { amounts[account] = (amounts[account] ?? .zero) + used }
        }
        let (all, kept) = (try disks.all(), Dictionary(grouping: try checkpoints.all(), by: \.instance))
        let (roots, claimed) = (
            Dictionary(grouping: all, by: \.instance), Dictionary(uniqueKeysWithValues: try claims.all().map { ($0.id, $0) })
        )
        for instance in try instances.all(.equals(.alive, .integer(1))) {
            var used = ResourceAmounts(instances: 1)
            for disk in roots[instance.id] ?? [] where disk.owner == nil { used.disk = used.disk + disk.virtualSize }
            for checkpoint in kept[instance.id] ?? [] { used.disk = used.disk + (checkpoint.memory ?? .zero) }
            if let claim = claimed[instance.id] { (used.cpus, used.memory) = (claim.cpus, claim.memory) }
            charge(used, [instance.group.text, instance.owner.text])
        }
        // Data disks are their owners', whichever machine has them.
        for disk in all where disk.trashedAt == nil {
            guard let owner = disk.owner, let group = disk.group else { continue }
            charge(ResourceAmounts(disk: disk.virtualSize), [group.text, owner.text])
        }
        // Those of destroyed machines are kept, and charged again where they are recovered.
        for forward in try forwardedPorts.all() where forward.keptUntil == nil {
            guard let instance = try instances.find(forward.instance) else { continue }
            charge(ResourceAmounts(forwardedPorts: 1), [instance.group.text, instance.owner.text])
        }
        // Saved templates; images that were brought in are charged nothing.
        for image in try images.all() { charge(ResourceAmounts(disk: image.charged), [image.group.text, image.owner.text]) }
        return amounts
    }
}
