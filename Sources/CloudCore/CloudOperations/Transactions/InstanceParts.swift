// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Hypervisor
import ImageStore
import NetFabric

/// The rows of an instance, as hosts are asked for them.
struct InstanceParts {
    let disk: Disk
    let revision: TemplateRevision
    let overlay: OverlayDescription
    let port: FabricPort
    let guest: GuestDescription
}

extension StoreView {
    /// What an instance is made of; throws `not-found` where a row is missing.
    func instanceParts(_ instance: Instance) throws -> InstanceParts {
        guard let disk = try disks.first(.equals(.instance, .id(instance.id))),
            let port = try ports.first(.equals(.instance, .id(instance.id)))
        else { throw CloudError(.notFound, ["object": instance.id.text]) }
        guard let revision = try revisions.find(key: "\(instance.template)/\(instance.revision)") else {
            throw CloudError(.notFound, ["object": instance.template.text])
        }
        let image = try images.get(disk.image)
        let fabricPort = FabricPort(port, in: try networks.get(port.network))
        let overlay = OverlayDescription(disk: disk.id, image: image.id, imageFormat: image.format, virtualSize: disk.virtualSize)
        let guest = GuestDescription(
            instance: instance.id, title: instance.name, cpus: instance.cpus, memory: instance.memory,
            disks: [GuestDisk(disk: disk.id, store: disk.store, image: BackingImage(image.id, format: image.format))],
            ports: [GuestPort(port: port.id, mac: port.mac, device: fabricPort.device)])
        return InstanceParts(disk: disk, revision: revision, overlay: overlay, port: fabricPort, guest: guest)
    }
}
