// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations

extension InstanceBody {
    /// The body of what the cloud shows.
    init(_ view: InstanceView, _ language: Language, _ settings: CloudService.Settings) {
        let (instance, status) = (view.instance, view.status)
        self.init(
            id: instance.id, name: instance.name.text, hostname: instance.label.text, owner: instance.owner, group: instance.group,
            template: instance.template, revision: instance.revision, state: "", ready: false, cpus: instance.cpus.count,
            memory: instance.memory, addresses: [], forwardedPorts: [], createdAt: APITime(instance.createdAt),
            changedAt: APITime(status.changedAt))
        description = instance.description.text.isEmpty ? nil : instance.description.text
        tags = instance.tags.map(\.text)
        switch view.shown {
        case .known(let known):
            state = known.rawValue
            ready = known == .running && status.readyAt != nil
        case .unknown(let last, let seenAt):
            (state, lastState, lastSeen) = ("unknown", last.rawValue, seenAt.map(APITime.init))
        }
        seen = view.seen.map { SeenBody(state: $0.power, since: APITime($0.seenAt)) }
        failure = status.failure.map { Problem($0, in: language) }
        readyAt = status.readyAt.map(APITime.init)
        host = status.host
        operation = status.operation
        addresses = view.ports.map { AddressBody($0) }
        disks = view.disks.map { InstanceDiskBody($0) }
        forwardedPorts = view.forwardedPorts.map { ForwardedPortBody($0, publicAddress: settings.publicAddress) }
        connection = state == InstanceState.running.rawValue ? ConnectionBody(view, publicAddress: settings.publicAddress) : nil
        lease = LeaseBody(
            policy: view.lease.policy, suspendAt: view.lease.dates.suspendAt.map(APITime.init),
            destroyAt: view.lease.dates.destroyAt.map(APITime.init))
        if view.lease.failures > 0, instance.alive {
            lease?.tries = view.lease.failures
            lease?.nextTry = view.lease.lookAt.map(APITime.init)
        }
        trash = view.trash.map { TrashBody(recoverable: $0.isRecoverable, keptUntil: $0.keptUntil.map(APITime.init)) }
    }
}

extension AddressBody {
    /// The body of a port.
    init(_ view: PortView) {
        let (port, domain) = (view.port, view.domain)
        self.init(
            port: port.id, network: port.network, ipv4: port.ipv4.description, ipv6: port.ipv6?.description, mac: port.mac.description,
            hostname: [port.label.text, domain].filter { !$0.isEmpty }.joined(separator: "."))
    }
}

extension InstanceDiskBody {
    /// The body of a row.
    init(_ row: Disk) { self.init(id: row.id, kind: row.image == nil ? "data" : "overlay", size: row.virtualSize, image: row.image) }
}

extension ConnectionBody {
    /// How to get in: by a forwarded port to the template's access port, otherwise at the instance's own address; nil where neither is.
    init?(_ view: InstanceView, publicAddress: String?) {
        let access = view.access
        let forward = view.forwardedPorts.first { $0.targetPort == access.port && $0.transport == access.transport }
        let place: (address: String, port: UInt16)
        if let forward, let publicAddress {
            place = (publicAddress, forward.publicPort)
        } else if let port = view.port {
            place = (port.ipv4.description, access.port)
        } else {
            return nil
        }
        let isSSH = access.port == 22 && access.transport == .tcp
        self.init(
            method: isSSH ? "ssh" : access.transport.rawValue, address: place.address, port: place.port, account: access.account,
            publicPort: forward?.publicPort,
            command: isSSH ? "ssh -p \(place.port) \(access.account)@\(place.address)" : nil)
    }
}

extension ForwardedPortBody {
    /// The body of a row.
    init(_ row: ForwardedPort, publicAddress: String?) {
        self.init(
            id: row.id, instance: row.instance, transport: row.transport.rawValue, publicAddress: publicAddress,
            publicPort: row.publicPort, targetPort: row.targetPort, createdAt: APITime(row.createdAt))
    }
}

extension HostBody {
    /// The body of what the cloud shows.
    init(_ view: HostView) { self.init(view.host, evidence: view.evidence, reachable: view.isReachable) }
}
