// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
import CloudStore
import CloudWorkflow
import ImageStore
import ImageStoreSim
import Synchronization

// Rules about everything together, looked at now and then.

extension InvariantWatch {
    // MARK: I18, I20

    /// Every file of a host's store has its row, or an operation that has not ended and speaks of it; every row that nothing works on has
    /// its file, as it says.
    func files(_ view: any StoreView, _ rows: Rows, over hosts: [ID<HostKind>: SimulatedHost]) throws {
        let statuses = Dictionary(uniqueKeysWithValues: rows.statuses.map { ($0.id, $0) })
        let stores = hosts.mapValues { $0.disks.snapshot() }
        let known = (disks: Set(rows.disks.map(\.id)), images: Set(rows.images.map(\.id)))
        var surplus: [String] = []
        for store in stores.values {
            surplus += store.disks.keys.filter { !known.disks.contains($0) }.map(\.text)
            surplus += store.images.keys.filter { !known.images.contains($0) }.map(\.text)
        }
        for file in surplus.sorted() where try !view.isSpokenOf(file) {
            broken(.filesAndRows, by: "\(file) is in a store and has no row")
        }
        let at = Dictionary(rows.hosts.map { ($0.store, $0.id) }) { first, _ in first }
        for disk in rows.disks {
            guard let store = at[disk.store].flatMap({ stores[$0] }), try view.isAtRest(disk, statuses) else { continue }
            guard let there = store.disks[disk.id] else {
                broken(.filesAndRows, by: "\(disk.id) has a row and no file")
                continue
            }
            if there.virtualSize != disk.virtualSize {
                broken(.filesAndRows, by: "\(disk.id) has \(there.virtualSize) in its file, and \(disk.virtualSize) in its row")
            }
        }
        for image in rows.images where image.state == .available {
            guard let store = at[image.store].flatMap({ stores[$0] }) else { continue }
            guard let there = store.images[image.id] else {
                broken(.filesAndRows, by: "\(image.id) has a row and no file")
                continue
            }
            if there.sha256 != image.sha256 || there.fileSize != image.fileSize {
                broken(.imagesStay, by: "\(image.id) is not what it was when it was published")
            }
        }
    }

    // MARK: I23

    /// A machine that is due to be suspended has an operation within ten minutes, or it is known why not. By the clock that nobody sets:
    /// where the other jumps, everything is due at once, and nobody has looked yet.
    func leases(_ view: any StoreView, _ rows: Rows, _ around: Surroundings) throws {
        let overdue = try view.leases.all(.below(.suspendAt, .time(around.now)))
        guard !overdue.isEmpty || !seen.withLock({ $0.due.isEmpty }) else { return }
        let running = Set(rows.statuses.filter { $0.state.holdsHost && $0.operation == nil }.map(\.id))
        let isKnown = try !view.alarms.all().isEmpty
        var due: [ID<InstanceKind>: (version: Int64, since: Duration)] = [:]
        for lease in overdue where running.contains(lease.id) && !isKnown {
            // What could not be begun is written down, with the time of the next try.
            if lease.failures > 0, let lookAt = lease.lookAt, lookAt > around.now { continue }
            let before = seen.withLock { $0.due[lease.id] }
            let since = before?.version == lease.version ? before?.since ?? around.elapsed : around.elapsed
            due[lease.id] = (lease.version, since)
            guard around.elapsed - since > Self.patience else { continue }
            broken(.leasesEnd, by: "\(lease.id) was to be suspended more than ten minutes ago, and nobody has tried")
        }
        seen.withLock { [due] in $0.due = due }
    }

    /// How long a lease may be due: ten times what the sweeper lets pass between two looks, as for the audit.
    private static let patience = Duration.seconds(600)

    // MARK: I36

    /// The numbers of what was told since the last look follow on one another.
    func events(_ view: any StoreView) throws {
        let (last, deleted) = seen.withLock { ($0.event, $0.eventsDeleted) }
        guard let last else {
            let newest = try view.eventRange()?.upperBound
            return seen.withLock { $0.event = newest }
        }
        var due = last + 1
        for event in try view.events(after: last, limit: 10_000) {
            // Those between may have been taken away, by whoever may.
            if event.number != due, event.number - 1 > deleted {
                broken(.eventNumbers, by: "after event \(due - 1) comes \(event.number)")
            }
            due = event.number + 1
        }
        seen.withLock { $0.event = due - 1 }
    }

    // MARK: I3, I28, I33

    /// What belongs to people belongs to somebody who is there, and no right is about nothing or nobody's.
    func people(_ view: any StoreView, _ rows: Rows) throws {
        let users = try view.users.all()
        let (groups, templates) = (try view.groups.all(), try view.templates.all())
        let (networks, policies) = (try view.networks.all(), try view.leasePolicies.all())
        let people = Set(users.map(\.id))
        var owned: [(String, ID<UserKind>)] = rows.instances.map { ($0.id.text, $0.owner) } + rows.images.map { ($0.id.text, $0.owner) }
        owned += rows.disks.compactMap { disk in disk.owner.map { (disk.id.text, $0) } }
        owned += groups.map { ($0.id.text, $0.owner) } + templates.map { ($0.id.text, $0.owner) }
        owned += networks.map { ($0.id.text, $0.owner) } + policies.map { ($0.id.text, $0.owner) }
        for (object, owner) in owned where !people.contains(owner) { broken(.owners, by: "\(object) is \(owner)'s, who is not there") }
        let subjects = Set(people.map(\.text) + groups.map(\.id.text))
        let objects = subjects.union(owned.map(\.0)).union(rows.disks.map(\.id.text)).union(rows.hosts.map(\.id.text))
        for grant in try view.grants.all() where !objects.contains(grant.object) || !subjects.contains(grant.subject) {
            broken(.grants, by: "\(grant.id) lets \(grant.subject) at \(grant.object), and one of them is not there")
        }
        for (vlan, those) in Dictionary(grouping: networks, by: \.vlan).sorted(by: { $0.key < $1.key })
        where those.count > 1 || !(1...4094).contains(vlan) {
            broken(.vlans, by: "VLAN \(vlan) is of \(those.map(\.id.text).sorted().joined(separator: " and "))")
        }
    }
}

extension StoreView {
    /// Whether an operation that has not ended speaks of a thing.
    fileprivate func isSpokenOf(_ id: String) throws -> Bool {
        for state in RunState.allCases where !state.isTerminal {
            let open = try runs(actor: nil, object: nil, state: state, before: nil, limit: 1000)
            if try open.contains(where: { try $0.input.contains(id) || entries(of: $0.id).contains { $0.output.contains(id) } }) {
                return true
            }
        }
        return false
    }

    /// Whether nothing works on a disk, so that its row is true.
    fileprivate func isAtRest(_ disk: Disk, _ statuses: [ID<InstanceKind>: InstanceStatus]) throws -> Bool {
        guard disk.collectedBy == nil else { return false }
        if let status = disk.instance.flatMap({ statuses[$0] }), status.operation != nil || status.state == .pending { return false }
        guard let holder = disk.operation else { return true }
        return try run(RunID(holder.text))?.state.isTerminal ?? true
    }
}
