// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Hypervisor
import ImageStore
import NetFabric

/// The rows of an instance, as hosts are asked for them.
struct InstanceParts {
    /// The one that boots.
    let disk: Disk
    let revision: TemplateRevision
    /// In the order of the guest's buses; there is at least one disk.
    let disks: [OverlayDescription]
    let ports: [FabricPort]
    let guest: GuestDescription
}

extension StoreView {
    /// What an instance is made of; throws `not-found` where a row is missing.
    func instanceParts(_ instance: Instance) throws -> InstanceParts {
        let all = try disks.all(.equals(.instance, .id(instance.id)))
        let attached = all.inSlots
        let rows = try ports(of: instance.id)
        guard let boots = attached.first else { throw CloudError(.notFound, ["object": instance.id.text]) }
        guard let revision = try revisions.find(key: "\(instance.template)/\(instance.revision)") else {
            throw CloudError(.notFound, ["object": instance.template.text])
        }
        var overlays: [OverlayDescription] = []
        var guestDisks: [GuestDisk] = []
        for disk in attached {
            let image = try disk.image.map { try images.get($0) }
            overlays.append(try OverlayDescription(disk, on: image))
            guestDisks.append(
                GuestDisk(
                    disk: disk.id, store: disk.store, image: image.map { BackingImage($0.id, format: $0.format) },
                    layers: disk.layers(among: all)))
        }
        let fabricPorts = try fabricPorts(rows)
        let guest = GuestDescription(
            instance: instance.id, title: instance.name, cpus: instance.cpus, memory: instance.memory, disks: guestDisks,
            ports: fabricPorts.map { GuestPort(port: $0.id, mac: $0.mac, device: $0.device) },
            seed: revision.firstBoot == .none ? nil : SeedVolume(instance: instance.id, store: boots.store))
        return InstanceParts(disk: boots, revision: revision, disks: overlays, ports: fabricPorts, guest: guest)
    }

    /// The disks of an instance in the order of its bus; what is not part of the machine is left out.
    func disks(of instance: ID<InstanceKind>) throws -> [Disk] { try disks.all(.equals(.instance, .id(instance))).inSlots }

    /// The ports of an instance in the order of its bus.
    func ports(of instance: ID<InstanceKind>) throws -> [InstancePort] {
        try ports.all(.equals(.instance, .id(instance))).inSlots
    }

    /// The port by which people get into an instance; throws `not-found` where it has none.
    func accessPort(of instance: ID<InstanceKind>) throws -> InstancePort {
        guard let port = try ports(of: instance).first else {
            throw CloudError(.notFound, ["object": "\(instance)/ports"])
        }
        return port
    }

    /// As hosts are asked for them; each network is read once.
    private func fabricPorts(_ rows: [InstancePort]) throws -> [FabricPort] {
        var known: [ID<NetworkKind>: Network] = [:]
        return try rows.map { row in
            let network = try known[row.network] ?? networks.get(row.network)
            known[row.network] = network
            return FabricPort(row, in: network)
        }
    }
}

extension [InstancePort] {
    /// Those that are part of a machine, in the order of its bus.
    var inSlots: [InstancePort] { filter { $0.slot != nil }.sorted { ($0.slot ?? 0) < ($1.slot ?? 0) } }
}

extension [Disk] {
    /// Those that are part of a machine, in the order of its bus.
    var inSlots: [Disk] { filter { $0.slot != nil }.sorted { ($0.slot ?? 0) < ($1.slot ?? 0) } }
}

extension Disk {
    /// The layers that it lies on, the nearest first.
    func layers(among rows: [Disk]) -> [ID<DiskKind>] {
        var (layers, next) = ([ID<DiskKind>](), base)
        // A chain that came round again would be a fault in the records; it is cut, and the store refuses what then does not fit.
        while let layer = next, !layers.contains(layer) {
            layers.append(layer)
            next = rows.first { $0.id == layer }?.base
        }
        return layers
    }
}

extension OverlayDescription {
    /// The disk of a row. Throws `not-found` where it lies on an image that is not given.
    init(_ disk: Disk, on image: Image?) throws(CloudError) {
        let base: DiskBase
        if let layer = disk.base {
            base = .layer(layer)
        } else if let id = disk.image {
            guard let image, image.id == id else { throw CloudError(.notFound, ["object": id.text]) }
            base = .image(id: id, format: image.format)
        } else {
            base = .nothing
        }
        self.init(disk: disk.id, base: base, virtualSize: disk.virtualSize)
    }
}
