// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudOperations
import CloudStore
import CloudWorkflow
import ImageStore

extension SimulatedCloud {
    /// How many hosts a story has at most that begins with ``prepare()``.
    public static let mostHosts = 10

    /// The id of the host of a number, from 1; of any other number one that no host has.
    public static func host(_ number: Int) -> ID<HostKind> { ID(bits: 0, bits(number)) }
    /// The id of the network of that host.
    public static func network(_ number: Int) -> ID<NetworkKind> { ID(bits: 0, bits(number)) }
    /// An id has fifty bits of a word: what has more would be another's.
    private static func bits(_ number: Int) -> UInt64 { (1..<1 << 50).contains(number) ? UInt64(number) : 0 }

    /// Makes the records of the hosts, host-1 and so on, each with a network of its own, 10.7.0.0/16 and so on with a thousand public ports,
    /// and gives the administrator. For at most ``mostHosts`` hosts (refused with `invalid-field` where there are more), once, by a story
    /// without faults.
    public func prepare() async throws -> Principal {
        guard (1...Self.mostHosts).contains(hosts.count) else {
            throw CloudError(
                .invalidField, ["pointer": "/hosts", "reason": "a story has 1 to \(Self.mostHosts) hosts, not \(hosts.count)"])
        }
        let first = try SimulatedSite.setup()
        let rest = hosts.keys.sorted().dropFirst()
        return try await ask { cloud in
            try await cloud.prepare(first)
            let everybodys = rest.map { _ in cloud.world.ids.next(GrantKind.self) }
            try await cloud.world.store.write { tx in
                for ((offset, host), grant) in zip(rest.enumerated(), everybodys) {
                    let number = offset + 2
                    try tx.hosts.insert(
                        CloudHost(
                            id: host, name: DisplayName("host-\(number)"), state: .active, reserve: first.host.reserve,
                            cpuRatio: first.host.cpuRatio, store: ID(bits: 0, UInt64(number))))
                    let network = try Self.network(number, like: first.network)
                    try tx.networks.insert(network)
                    try tx.grants.insert(
                        Grant(
                            id: grant, object: network.id.text, subject: ID<GroupKind>.everybody.text, level: .user, until: nil,
                            pinned: false, grantedBy: first.administratorID))
                }
            }
            return try await cloud.principal(login: first.administrator)
        }
    }

    private static func network(_ number: Int, like first: Network) throws -> Network {
        let second = 6 + number
        guard let ipv4 = IPv4Network("10.\(second).0.0/16"), let prefix = IPv6Address("fd00:\(second):0:0::"),
            let firstPort = UInt16(exactly: 20_000 + 1000 * (number - 1)), let lastPort = UInt16(exactly: 20_999 + 1000 * (number - 1))
        else {
            throw CloudError(.internalFault, ["part": "the simulated site's addresses"])
        }
        return Network(
            id: network(number), name: try DisplayName("lab-\(number)"), owner: first.owner, group: first.group, vlan: first.vlan + number,
            ipv4: ipv4, gateway: IPv4Address(number: ipv4.base.number + 1), ipv6Prefix: prefix, domain: "lab\(number).test",
            firstPublicPort: firstPort, lastPublicPort: lastPort, serial: 0,
            nextAddress: IPv4Address(number: ipv4.base.number + 2))
    }

    /// Makes a person with a login, and gives them.
    public func person(_ login: String, by admin: Principal) async throws -> Principal {
        try await ask { cloud in
            try await cloud.principal(of: cloud.createUser(login: login, name: DisplayName(login), role: .endUser, by: admin).id)
        }
    }

    /// Brings an image of one mebibyte to a host and makes a template of it that everybody may launch: one processor and half a gibibyte,
    /// for a lab session, unless others are given.
    public func template(
        _ name: String, onHost number: Int, cpus: CPUCount = CPUCount(1), memory: ByteCount = .mebibytes(512),
        leasePolicy: ID<LeasePolicyKind> = SimulatedSite.leasePolicy, by admin: Principal
    ) async throws -> ID<TemplateKind> {
        try await ask { cloud in
            // Uploads come to the first host; this one is put where it is to be.
            let host = Self.host(number)
            let upload = Upload(
                id: cloud.world.ids.next(UploadKind.self), owner: admin.user, host: host, createdAt: cloud.world.clock.now())
            try await cloud.world.store.write { try $0.uploads.insert(upload) }
            _ = try await cloud.world.hosts.parts(of: host).disks.receive(
                upload.id, limit: .mebibytes(16), OnePiece(bytes: [UInt8](repeating: 0, count: 1 << 20)))
            let image = try await cloud.runner.perform(
                ImportImage(
                    by: admin, image: cloud.world.ids.next(ImageKind.self), name: DisplayName(name), upload: upload.id, format: .raw,
                    host: host), as: RunID(cloud.world.ids.next(OperationKind.self).text))
            let template = cloud.world.ids.next(TemplateKind.self)
            _ = try await cloud.runner.perform(
                CreateTemplate(
                    by: admin, template: template, name: DisplayName(name),
                    recipe: .init(
                        image: image.id, cpus: cpus, memory: memory, network: Self.network(number), leasePolicy: leasePolicy),
                    sharedWith: [ID<GroupKind>.everybody.text]),
                as: RunID(cloud.world.ids.next(OperationKind.self).text))
            return template
        }
    }
}

/// A body in one piece.
private struct OnePiece: ByteStream {
    var bytes: [UInt8]?
    init(bytes: [UInt8]) { self.bytes = bytes }
    mutating func next() -> [UInt8]? {
        defer { bytes = nil }
        return bytes
    }
}
