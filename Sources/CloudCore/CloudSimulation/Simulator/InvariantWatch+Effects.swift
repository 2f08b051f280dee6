// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Hypervisor
import HypervisorSim
import NetFabricSim
import Synchronization

// Rules about what hosts were told, looked at after each call that reached one.

extension InvariantWatch {
    /// What was seen before.
    struct Seen {
        /// The fence of each instance, as its row was last committed.
        var rows: [String: Fence] = [:]
        /// The newest fence under which a host did something to a thing.
        var told: [Told: Fence] = [:]
        /// The number of the last event that was looked at; nil before the first look.
        var event: Int64?
        /// Up to which number events were taken away by whoever may.
        var eventsDeleted: Int64 = 0
        /// Leases of which something was due when they were looked at, and since when.
        var due: [ID<InstanceKind>: (version: Int64, since: Duration)] = [:]
    }

    /// A thing on a host.
    struct Told: Hashable {
        let host: ID<HostKind>
        let subject: String
    }

    /// What a transaction changed: believed once it is committed.
    struct Committed: Sendable {
        var fences: [(instance: String, fence: Fence)] = []
        var eventsDeleted: Int64 = 0
    }

    /// A transaction was committed.
    func committed(_ changes: Committed) {
        guard !changes.fences.isEmpty || changes.eventsDeleted > 0 else { return }
        seen.withLock { seen in
            for change in changes.fences { seen.rows[change.instance] = change.fence }
            seen.eventsDeleted = max(seen.eventsDeleted, changes.eventsDeleted)
        }
    }

    /// What the rows say of fences: of instances that were there before this watch.
    func knows(_ rows: Rows) { seen.withLock { seen in for row in rows.statuses { seen.rows[row.id.text] = row.fence } } }

    /// A call did its effect on a host.
    /// - Parameter command: nil for one that changes nothing.
    func effect(on subject: String, at host: ID<HostKind>, by command: Command?, over hosts: [ID<HostKind>: SimulatedHost]) {
        if let command {
            fence(command, on: subject, at: host)
            if ID<PortKind>(subject) != nil { filters(at: host, over: hosts) }
        }
        guard let instance = ID<InstanceKind>(subject) else { return }
        let states = hosts.map { ($0.key, $0.value.guests.snapshot()) }
        let at = states.filter { $0.1.guests[instance] != nil }
        if at.count > 1 { broken(.oneDomain, by: "\(instance) is on \(at.map(\.0.text).sorted().joined(separator: " and "))") }
        if command != nil, let (host, state) = at.first { files(of: instance, at: host, state, among: states) }
    }

    // MARK: I37

    /// A host did what it was asked: by no older fence than it did anything to the same thing before, and by none that was never given.
    private func fence(_ command: Command, on subject: String, at host: ID<HostKind>) {
        // Of one network the runs of many instances tell, each under its own fence; its pictures are ordered by their serials.
        guard ID<NetworkKind>(subject) == nil else { return }
        let (before, row) = seen.withLock { seen in
            let told = Told(host: host, subject: subject)
            let before = seen.told[told] ?? Fence(0)
            if command.fence > before { seen.told[told] = command.fence }
            return (before, seen.rows[subject])
        }
        if command.fence < before {
            broken(.fencesGrow, by: "\(host) did to \(subject) under fence \(command.fence) what \(command.run) asked for after \(before)")
        }
        if let row, command.fence > row {
            broken(.fencesGrow, by: "\(host) did to \(subject) something under fence \(command.fence), and its row has \(row)")
        }
    }

    // MARK: I5

    private func filters(at host: ID<HostKind>, over hosts: [ID<HostKind>: SimulatedHost]) {
        for bare in hosts[host]?.fabric.snapshot().parts.violations ?? [] { broken(.filters, by: "on \(host) \(bare.dropFirst(4))") }
    }

    // MARK: I8

    /// A guest that was just told something has its files for itself, and no other host has seen a newer fence of it.
    private func files(
        of instance: ID<InstanceKind>, at host: ID<HostKind>, _ state: SimulatedHostState,
        among states: [(ID<HostKind>, SimulatedHostState)]
    ) {
        guard let guest = state.guests[instance], guest.opens else { return }
        let mine = state.ledger.fence(of: instance.text)
        for (other, there) in states where other != host && there.ledger.fence(of: instance.text) > mine {
            broken(.openOnce, by: "\(instance) has its disks open on \(host) under \(mine), and \(other) has seen a newer fence")
        }
        let files = guest.files
        var shared: [String] = []
        for (_, there) in states {
            for (other, guest) in there.guests where other != instance && guest.opens {
                for file in guest.files where files.contains(file) { shared.append("\(instance) and \(other) have \(file) open") }
            }
        }
        for text in shared.sorted() { broken(.openOnce, by: text) }
    }

    // MARK: I40

    /// A call reached a host. Looks are no commands.
    func told(_ call: String, _ what: String) {
        let quiet = quiet.withLock { $0 }
        guard quiet != .nowhere, !Self.looks.contains(String(call.split(separator: ".").last ?? "")) else { return }
        if quiet == .onHosts, call.hasPrefix("agent.") { return }
        broken(.quiescence, by: what)
    }

    private static let looks: Set = [
        "addresses", "changes", "health", "inventory", "list", "observe", "open", "ping", "report", "screenshot", "space", "work",
    ]
}

extension SimulatedGuest {
    /// Whether it has its files open.
    fileprivate var opens: Bool { power == .running || power == .paused }
    /// The files that nobody else may have open: what it writes, and the layers of its own below.
    fileprivate var files: [ID<DiskKind>] { description.disks.flatMap { [$0.disk] + $0.layers } }
}

extension SimulatedCloud {
    /// Where nobody is to be told anything.
    public enum Quiet: Sendable {
        /// Nothing is expected.
        case nowhere
        /// Hosts are told nothing. Agents may be: one that was silent is asked again later and later, for up to an hour.
        case onHosts
        /// Neither hosts nor agents are told anything.
        case onHostsAndInGuests
    }

    /// From now on nobody is to be told anything there: a command meanwhile breaks I40. For a story in which nothing is asked for and
    /// nothing goes wrong.
    public func expectQuiet(_ quiet: Quiet) { watch.quiet.withLock { $0 = quiet } }
}
