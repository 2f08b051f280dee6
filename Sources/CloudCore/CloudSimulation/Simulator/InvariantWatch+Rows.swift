// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
import CloudStore
import CloudWorkflow
import HypervisorSim
import ImageStore
import ImageStoreSim
import NetFabric
import NetFabricSim
import Synchronization

// Rules about one row and what is around it, looked at as the row is written.

extension InvariantWatch {
    /// What a rule needs besides the rows.
    struct Surroundings: Sendable {
        let now: Timestamp
        /// Since the beginning, by the clock that nobody sets.
        let elapsed: Duration
        let settings: Settings
        let hosts: [ID<HostKind>: SimulatedHost]
    }

    // MARK: I2

    /// A port gets an address of which nobody else has anything on a host any more.
    func inserted(_ port: InstancePort, _ around: Surroundings) {
        for (host, parts) in around.hosts.sorted(by: { $0.key < $1.key }) {
            for other in parts.fabric.snapshot().parts.ports.values.compactMap(\.filter)
            where other.ipv4 == port.ipv4 && other.network == port.network && other.id != port.id {
                broken(.addressesRest, by: "\(port.id) gets \(port.ipv4), and \(other.id) is on \(host) with it")
            }
        }
    }

    /// A port that is kept goes before its time only where its network is nearly full.
    func deleted(_ port: InstancePort, in view: any StoreView, _ around: Surroundings) throws {
        guard let until = port.keptUntil, until > around.now, let network = try view.networks.find(port.network) else { return }
        let size = AddressPool(network: network.ipv4, gateway: network.gateway).size
        let free = try size - view.ports.count(.equals(.network, .id(port.network)))
        guard free * 100 >= size * around.settings.addressesFreePercent else { return }
        broken(.addressesRest, by: "\(port.ipv4) of \(port.id) was to be kept until \(until.milliseconds)")
    }

    // MARK: I11

    /// A machine goes to a host that takes machines and sees its disk; where it runs already it is only counted.
    func inserted(_ claim: HostClaim, in view: any StoreView, _ around: Surroundings) throws {
        guard around.hosts[claim.host]?.guests.snapshot().guests[claim.id] == nil else { return }
        guard let host = try view.hosts.find(claim.host) else {
            return broken(.placement, by: "\(claim.id) goes to \(claim.host), which is not there")
        }
        if host.state != .active { broken(.placement, by: "\(claim.id) goes to \(host.id), which is \(host.state.rawValue)") }
        for disk in try view.disks.all(.equals(.instance, .id(claim.id))) where disk.slot != nil && disk.store != host.store {
            broken(.placement, by: "\(claim.id) goes to \(host.id), which does not see \(disk.id)")
        }
    }

    // MARK: I24

    /// Where both are dates the machine is not destroyed before it is suspended.
    func written(_ lease: InstanceLease) {
        guard let suspendAt = lease.dates.suspendAt, let destroyAt = lease.dates.destroyAt, destroyAt < suspendAt else { return }
        broken(.promises, by: "\(lease.id) is to be destroyed before it is suspended")
    }

    /// An operation takes an instance: where the cloud itself began it, its date has come and its owners were told in time.
    func taken(_ old: InstanceStatus, by new: InstanceStatus, in view: any StoreView, _ around: Surroundings) throws {
        guard let holder = new.operation, holder != old.operation, let run = try view.run(RunID(holder.text)), run.actor == "user-cloud",
            run.kind == SuspendInstance.kind || run.kind == DestroyInstance.kind, let lease = try view.leases.find(new.id)
        else { return }
        guard run.kind == DestroyInstance.kind else {
            if lease.dates.suspendAt.map({ $0 > around.now }) ?? true { broken(.promises, by: "\(new.id) is suspended before its date") }
            return
        }
        if lease.dates.destroyAt.map({ $0 > around.now }) ?? true { broken(.promises, by: "\(new.id) is destroyed before its date") }
        let told = lease.warnings.destroy.flatMap { warning in warning.toldAt.map { $0 + warning.lead } }
        if told.map({ $0 > around.now }) ?? true { broken(.promises, by: "\(new.id) is destroyed and its owners were not told in time") }
    }

    // MARK: I16, I19

    /// What disks, templates and the hosts' own files lie on is there, and no chain is a circle or too long.
    func bases(_ view: any StoreView, _ rows: Rows, over hosts: [ID<HostKind>: SimulatedHost]) throws {
        let images = Dictionary(uniqueKeysWithValues: rows.images.map { ($0.id, $0) })
        let disks = Dictionary(uniqueKeysWithValues: rows.disks.map { ($0.id, $0) })
        for disk in disks.values.sorted(by: { $0.id < $1.id }) {
            if let image = disk.image, images[image]?.state != .available {
                broken(.basesAreThere, by: "\(disk.id) lies on \(image), which is not there")
            }
            try chain(of: disk, among: disks)
        }
        for revision in try view.revisions.all() where images[revision.image]?.state != .available {
            broken(.basesAreThere, by: "\(revision.id) is of \(revision.image), which is not there")
        }
        for (host, parts) in hosts.sorted(by: { $0.key < $1.key }) {
            let store = parts.disks.snapshot()
            for disk in store.disks.values.sorted(by: { $0.disk < $1.disk }) {
                switch disk.base {
                case .nothing: break
                case .image(let image, _):
                    if store.images[image] == nil { broken(.basesAreThere, by: "on \(host) \(disk.disk) lies on \(image), which is gone") }
                case .layer(let layer):
                    if store.disks[layer] == nil { broken(.basesAreThere, by: "on \(host) \(disk.disk) lies on \(layer), which is gone") }
                }
            }
        }
    }

    private func chain(of disk: Disk, among disks: [ID<DiskKind>: Disk]) throws {
        var (met, upper): (Set<ID<DiskKind>>, Disk) = ([disk.id], disk)
        while let base = upper.base {
            guard let layer = disks[base] else { return broken(.chains, by: "\(upper.id) lies on \(base), which is not there") }
            guard met.insert(layer.id).inserted else { return broken(.chains, by: "what lies below \(disk.id) goes in a circle") }
            if layer.store != upper.store || layer.instance != upper.instance {
                broken(.chains, by: "\(upper.id) lies on \(layer.id), which is in another store or another machine's")
            }
            upper = layer
        }
        if met.count - 1 > Checkpoint.most { broken(.chains, by: "\(disk.id) lies on \(met.count - 1) layers") }
    }
}
