// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import ImageStore
import NetFabric

/// The difference between the records and what is on the hosts, read from the parts themselves and not through any operation. Instances
/// that an operation holds are left out, for they are on their way.
public struct Audit: Sendable {
    /// What an audit found.
    public struct Report: Sendable, Hashable, Codable {
        /// One sentence per difference, sorted; empty where records and hosts agree.
        public let differences: [String]
        /// Machines that have a host, also those that an operation holds and that are compared with nothing.
        public let machines: Int
        /// Disks in the trash.
        public let trashed: Int
        /// Operations that have not ended.
        public let openOperations: Int
    }

    let cloud: Cloud

    /// An audit of a cloud.
    public init(cloud: Cloud) { self.cloud = cloud }

    /// Compares; for site operators only. Throws where a host does not answer.
    public func report(for principal: Principal) async throws -> Report {
        guard principal.holds(.operateHosts) else {
            throw CloudError(.denied, ["verb": "audit", "object": "the site", "needed": Permission.operateHosts.rawValue])
        }
        let (found, records) = try await look()
        // What was begun and taken back while the hosts were asked is in neither records: it is not there when they are asked again.
        let standing = found.isEmpty ? found : found.intersection(try await look().differences)
        let overdue = try await overdue(at: cloud.world.clock.now())
        let expected = records.expected.values
        return Report(
            differences: (overdue + standing).sorted(), machines: expected.reduce(0) { $0 + $1.guests.count + $1.held },
            trashed: expected.reduce(0) { $0 + $1.trashed }, openOperations: records.open.runs.count + records.open.unread.count)
    }

    /// Asks the hosts, and compares. What began or ended meanwhile is no difference: it agrees with the records of before, or with those of
    /// after.
    private func look() async throws -> (differences: Set<String>, records: Records) {
        let before = try await records()
        var seen: [ID<HostKind>: Seen] = [:]
        for host in cloud.world.hosts.ids {
            let parts = try cloud.world.hosts.parts(of: host)
            seen[host] = Seen(
                guests: try await parts.guests.report().guests, consoles: try await parts.guests.consoles(),
                fabric: try await parts.fabric.inventory(against: before.expected[host]?.ports ?? []),
                store: try await parts.disks.inventory())
            for network in seen[host]?.fabric.networks.compactMap({ ID<NetworkKind>($0) }) ?? [] {
                guard case .present(let applied) = try await parts.fabric.observe(network), applied.intact else { continue }
                seen[host]?.served.insert(network.text)
            }
        }
        let after = try await records()
        return (before.differences(from: seen).intersection(after.differences(from: seen)), after)
    }

    /// What the records say at one time.
    private struct Records {
        let expected: [ID<HostKind>: Expected]
        let open: OpenRuns

        /// The sentences for all hosts, and for what cannot be read.
        func differences(from seen: [ID<HostKind>: Seen]) -> Set<String> {
            let unread = open.unread.keys.map { "the site: operation \($0) has not ended, and its row cannot be read" }
            return seen.reduce(into: Set(unread + expected.values.flatMap(\.unread))) { differences, host in
                let (host, seen) = host
                var expected = expected[host] ?? Expected()
                // A checkpoint has its row when it is whole: before, the operation that makes it says what it will be called.
                let begun = seen.store.checkpoints.filter { kept in open.runs.contains { $0.input.contains(kept.text) } }
                expected.moving.checkpoints.formUnion(begun)
                differences.formUnion(Audit.compare(expected, seen, on: host))
            }
        }
    }

    /// What is on a host.
    struct Seen: Sendable {
        let guests: [GuestSighting]
        var consoles: [ID<InstanceKind>] = []
        let fabric: FabricContents
        let store: StoreContents
        /// Networks that are served as the host was told.
        var served: Set<String> = []
    }

    /// What the records say is on a host.
    struct Expected: Sendable {
        var guests: Set<ID<InstanceKind>> = []
        /// Those whose processors run or stand still.
        var alive: Set<ID<InstanceKind>> = []
        /// Those for which processors and memory are kept.
        var claims: Set<ID<InstanceKind>> = []
        var memories: Set<ID<InstanceKind>> = []
        var checkpoints: Set<ID<CheckpointKind>> = []
        var seeds: Set<ID<InstanceKind>> = []
        var ports: [FabricPort] = []
        var devices: Set<String> = []
        var macs: Set<MACAddress> = []
        var forwards: Set<FabricForward> = []
        var disks: Set<ID<DiskKind>> = []
        var images: Set<ID<ImageKind>> = []
        /// Those of the records: one of them may or may not be served on the host, another may not.
        var networks: Set<String> = []
        /// Those of which a machine is on the host: they must be. The others are served again with the next machine, also after a boot.
        var used: Set<String> = []
        var trashed = 0
        /// Machines on the host that an operation holds.
        var held = 0
        /// Things of instances that are on their way: neither missed nor surplus.
        var moving = Moving()
        /// One sentence for each row that cannot be read.
        var unread: Set<String> = []

        /// The rows that can be read; the others are named.
        mutating func reading<Record>(_ found: Readable<Record>) -> [Record] {
            unread.formUnion(found.unread.keys.map { "the site: row \($0) of \(Record.table) cannot be read" })
            return found.rows
        }
    }

    /// What nobody can say of now: a verb works on it, or its row cannot be read.
    struct Moving: Sendable {
        var guests: Set<ID<InstanceKind>> = []
        var images: Set<ID<ImageKind>> = []
        var checkpoints: Set<ID<CheckpointKind>> = []
        var devices: Set<String> = []
        var macs: Set<MACAddress> = []
        var disks: Set<ID<DiskKind>> = []
        var targets: Set<IPv4Address> = []

        /// Whether a file is one that a verb works on: it bears the id of a thing on its way, as memory does until all of it is written.
        func has(_ file: String) -> Bool {
            let name = file.split(separator: "/").last.map(String.init) ?? file
            let ids = guests.map(\.text) + checkpoints.map(\.text) + disks.map(\.text)
            return ids.contains { name.hasPrefix($0 + ".") }
        }
    }

    private func records() async throws -> Records {
        // The runs first: what one of them has made by then is in the rows.
        let open = try await cloud.world.store.openRuns()
        let expected = try await cloud.world.store.read { view in
            var result: [ID<HostKind>: Expected] = [:]
            for host in try view.hosts.all() { result[host.id] = try view.expected(on: host) }
            return result
        }
        return Records(expected: expected, open: open)
    }

    /// Leases that were to be looked at longer ago than ``patience``: nobody keeps them. While the clock cannot be right, or more
    /// is to be destroyed than may be, that is known.
    private func overdue(at now: Timestamp) async throws -> [String] {
        try await cloud.world.store.read { view in
            let reasons = [Alarm.clock, Destruction.destroy.rawValue]
            guard try view.alarms.all(.isIn(.id, reasons.map(StoreValue.text))).isEmpty else { return [] }
            let leases = try view.readable(Query<InstanceLease>())
            let unread = leases.unread.keys.map { "the site: row \($0) of \(InstanceLease.table) cannot be read" }
            let due = try leases.rows.filter { lease in
                guard let lookAt = lease.lookAt, now - lookAt > Self.patience else { return false }
                // A status that cannot be read is told with the others.
                let found = try view.readable(Query<InstanceStatus>(.equals(.id, .id(lease.id))))
                guard let status = found.rows.first else { return false }
                return status.operation == nil && status.state != .destroyed
            }
            return unread + due.map { "the site: the lease of \($0.id) is due for more than ten minutes, and nobody has looked" }
        }
    }

    /// How long a lease may be due: ten times what the sweeper lets pass between two looks.
    static let patience = Duration.seconds(600)

    /// The sentences for one host. Pure.
    static func compare(_ expected: Expected, _ seen: Seen, on host: ID<HostKind>) -> [String] {
        func difference<Element: Hashable>(_ what: String, _ due: Set<Element>, _ there: some Sequence<Element>, _ moving: Set<Element>)
            -> [String]
        {
            let there = Set(there)
            return due.subtracting(there).subtracting(moving).map { "\(host): \(what) \($0) is missing" }
                + there.subtracting(due).subtracting(moving).map { "\(host): \(what) \($0) belongs to no record" }
        }
        let moving = expected.moving
        let consoles = Set(seen.consoles).subtracting(expected.guests).subtracting(expected.memories)
        let dead = seen.guests.filter { ($0.power == .off || $0.power == .crashed) && expected.alive.contains($0.instance) }
        // While a verb has a machine of it, a network is on its way.
        let unserved = moving.devices.isEmpty ? Set(seen.fabric.networks).intersection(expected.used).subtracting(seen.served) : []
        let forwards = Set(seen.fabric.forwards.filter { !moving.targets.contains($0.target) })
        return difference("machine", expected.guests, seen.guests.filter { $0.power != .absent }.map(\.instance), moving.guests)
            + dead.map { "\(host): machine \($0.instance) is \($0.power.rawValue), and by its record it is not" }
            + difference("claim of", expected.guests, expected.claims, moving.guests)
            + difference("console of", [], consoles, moving.guests)
            + difference("saved memory of", expected.memories, seen.store.memories, moving.guests)
            + difference("memory of", expected.checkpoints, seen.store.checkpoints, moving.checkpoints)
            + difference("seed of", expected.seeds, seen.store.seeds, moving.guests)
            + difference("tap", expected.devices, seen.fabric.devices, moving.devices)
            + difference("filter of", expected.devices, seen.fabric.filtered, moving.devices)
            + Set(seen.fabric.broken).subtracting(moving.devices).map { "\(host): of tap \($0) a part is missing" }
            + unserved.map { "\(host): network \($0) is not served as it was told" }
            + difference("DHCP entry of", expected.macs, seen.fabric.dhcpHosts, moving.macs)
            + difference("forwarded port", expected.forwards.filter { !moving.targets.contains($0.target) }, forwards, [])
            + difference("disk", expected.disks, seen.store.disks, moving.disks)
            + difference("network", [], Set(seen.fabric.networks).subtracting(expected.networks), [])
            + difference("image", expected.images, seen.store.images, moving.images)
            + seen.store.strangers.filter { !moving.has($0) }.map { "\(host): file \($0) belongs to no record" }
    }
}

extension StoreView {
    fileprivate func expected(on host: CloudHost) throws -> Audit.Expected {
        var expected = Audit.Expected()
        let found = try readable(Query<InstanceStatus>())
        let statuses = Dictionary(uniqueKeysWithValues: expected.reading(found).map { ($0.id, $0) })
        // Of a machine that cannot be read nobody knows whether a verb has it.
        let unread = Set(found.unread.keys.compactMap { ID<InstanceKind>($0) })
        expected.moving.guests.formUnion(unread)
        let stored = try readable(Query<Disk>(.equals(.store, .id(host.store))))
        expected.moving.disks.formUnion(stored.unread.keys.compactMap { ID<DiskKind>($0) })
        for disk in expected.reading(stored) {
            let status = disk.instance.flatMap { statuses[$0] }
            let isUnread = disk.instance.map { unread.contains($0) } ?? false
            if try isUnread || status?.operation != nil || disk.collectedBy != nil || isHeld(disk) { expected.moving.disks.insert(disk.id) }
            if disk.trashedAt != nil { expected.trashed += 1 }
            if status?.state == .pending { expected.moving.disks.insert(disk.id) } else { expected.disks.insert(disk.id) }
            if let instance = disk.instance, status?.state == .suspended {
                expected.memories.insert(instance)
                try addSeed(of: instance, to: &expected)
            }
        }
        let checkpoints = try readable(Query<Checkpoint>())
        expected.moving.checkpoints.formUnion(checkpoints.unread.keys.compactMap { ID<CheckpointKind>($0) })
        for kept in expected.reading(checkpoints) where kept.memory != nil {
            let layers = try readable(Query<Disk>(.equals(.id, .id(kept.disk))))
            if !layers.unread.isEmpty { expected.moving.checkpoints.insert(kept.id) }
            guard let layer = layers.rows.first, layer.store == host.store else { continue }
            if expected.moving.disks.contains(layer.id) { expected.moving.checkpoints.insert(kept.id) }
            expected.checkpoints.insert(kept.id)
        }
        let images = try readable(Query<Image>(.equals(.store, .id(host.store))))
        expected.moving.images.formUnion(images.unread.keys.compactMap { ID<ImageKind>($0) })
        expected.images = Set(expected.reading(images).filter { $0.state == .available }.map(\.id))
        let named = try readable(Query<Network>())
        let networks = Dictionary(uniqueKeysWithValues: expected.reading(named).map { ($0.id, $0) })
        expected.networks = Set(networks.keys.map(\.text)).union(named.unread.keys)
        // A machine may be on no network.
        for status in statuses.values {
            if status.operation != nil {
                expected.moving.guests.insert(status.id)
                if status.host == host.id { expected.held += 1 }
            } else if status.host == host.id {
                expected.guests.insert(status.id)
                if status.state.holdsHost { expected.alive.insert(status.id) }
                try addSeed(of: status.id, to: &expected)
            }
        }
        let claims = try readable(Query<HostClaim>(.equals(.host, .id(host.id))))
        expected.claims = Set(expected.reading(claims).map(\.id)).union(claims.unread.keys.compactMap { ID<InstanceKind>($0) })
        for port in try expected.reading(readable(Query<InstancePort>())) {
            let status = statuses[port.instance]
            let isMoving = status?.operation != nil || unread.contains(port.instance)
            guard isMoving || status != nil && port.slot != nil, let network = networks[port.network] else { continue }
            let due = FabricPort(port, in: network)
            let device = due.device
            if isMoving {
                expected.moving.devices.insert(device)
                expected.moving.macs.insert(port.mac)
                expected.moving.targets.insert(port.ipv4)
            } else if status?.host == host.id {
                expected.ports.append(due)
                expected.used.insert(port.network.text)
                expected.devices.insert(device)
                expected.macs.insert(port.mac)
                let forwards = try readable(Query<ForwardedPort>(.equals(.port, .id(port.id))))
                if !forwards.unread.isEmpty { expected.moving.targets.insert(port.ipv4) }
                for forward in expected.reading(forwards) {
                    expected.forwards.insert(
                        FabricForward(
                            transport: forward.transport, publicPort: forward.publicPort, target: port.ipv4, targetPort: forward.targetPort)
                    )
                }
            }
        }
        return expected
    }

    /// Whether an operation has a disk, or may have it because its row cannot be read.
    private func isHeld(_ disk: Disk) throws -> Bool {
        do { return try holder(of: disk) != nil } catch let error as CloudError where error.isUnreadableRow { return true }
    }

    /// Expects what an instance's guest read when it booted beside it, while it runs or sleeps. Where nobody can read whether there is such, the
    /// instance is left out.
    private func addSeed(of instance: ID<InstanceKind>, to expected: inout Audit.Expected) throws {
        do {
            let row = try instances.get(instance)
            guard let revision = try revisions.find(key: "\(row.template)/\(row.revision)"), revision.firstBoot != .none else { return }
            expected.seeds.insert(instance)
        } catch let error as CloudError where error.isUnreadableRow {
            expected.moving.guests.insert(instance)
            expected.unread.insert("the site: of \(instance) \(error.parameters["reason", default: "a row cannot be read"])")
        }
    }
}
