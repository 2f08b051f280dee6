// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

/// Forwards a public port to a port of an instance. It does not wait for verbs on the instance; the rule is in force while the instance
/// is on a host.
public struct OpenForwardedPort: CloudOperation {
    /// `instance.open-forwarded-port`
    public static let kind = "instance.open-forwarded-port"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The transport.
    public let transport: Transport
    /// The guest's port.
    public let targetPort: UInt16
    /// The public port that is wanted; nil for the next free one of the network's range.
    public let publicPort: UInt16?
    /// The id of what is made, chosen before.
    public let id: ID<ForwardedPortKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Opens a forwarded port for a principal.
    public init(
        by principal: Principal, instance: ID<InstanceKind>, id: ID<ForwardedPortKind>, transport: Transport = .tcp, targetPort: UInt16,
        publicPort: UInt16? = nil
    ) {
        self.principal = principal
        self.instance = instance
        self.id = id
        self.transport = transport
        self.targetPort = targetPort
        self.publicPort = publicPort
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> ForwardedPort {
        let forward = try await flow.commit("open") { tx in
            try open(in: tx, operation: try flow.run.operation(), world: world)
        } undo: { tx, forward in
            try tx.close(forward)
            let deed = deed(try flow.run.operation())
            try tx.endUndone(deed, at: world.clock.now())
            try tx.tell("instance.changed", deed, at: world.clock.now())
        }
        try await flow.step("rules") { key in
            try await world.serve(forward, key)
        } undo: { key in
            // The picture without the rule must be newer than the one with it, so the row goes first.
            try await world.serve(forward, key) { tx in try tx.close(forward) }
        }
        return try await flow.end("opened", irreversible: "closing is the way back") { tx in
            try tx.end(deed(try flow.run.operation()), at: world.clock.now())
            return forward
        }
    }

    private func deed(_ operation: ID<OperationKind>) -> Deed {
        Deed(verb: .openForwardedPort, object: instance.text, actor: principal.user, operation: operation)
    }

    private func open(in tx: any StoreTransaction, operation: ID<OperationKind>, world: World) throws -> ForwardedPort {
        let now = world.clock.now()
        let owned = try tx.instance(instance, for: .openForwardedPort, by: principal, at: now)
        if let refusal = try Verb.openForwardedPort.refusal(in: tx.statuses.get(instance).state, of: instance) { throw refusal }
        guard targetPort > 0 else { throw CloudError(.invalidField, ["pointer": "/targetPort", "reason": "a port is 1 to 65535"]) }
        let port = try tx.accessPort(of: instance)
        try tx.charge(ResourceAmounts(forwardedPorts: 1), to: owned.group, and: owned.owner, defaults: world.settings.limits)
        let network = try tx.networks.get(port.network)
        let forward = ForwardedPort(
            id: id, instance: instance, port: port.id, network: port.network, transport: transport,
            publicPort: try choosePort(in: tx, network), targetPort: targetPort, createdAt: now)
        do { try tx.forwardedPorts.insert(forward) } catch is UniqueViolation {
            throw CloudError(.publicPortTaken, ["port": String(forward.publicPort), "protocol": transport.rawValue])
        }
        try tx.raiseSerial(of: port.network)
        try tx.begin(deed(operation), ["port": String(forward.publicPort), "target": String(targetPort)], at: now)
        try tx.tell("instance.changed", deed(operation), at: now)
        return forward
    }

    private func choosePort(in tx: any StoreTransaction, _ network: Network) throws -> UInt16 {
        let range = ["first": String(network.firstPublicPort), "last": String(network.lastPublicPort)]
        if let publicPort {
            guard (network.firstPublicPort...network.lastPublicPort).contains(publicPort) else {
                throw CloudError(.publicPortOutside, range.merging(["port": String(publicPort)]) { $1 })
            }
            return publicPort
        }
        let taken = Set(try tx.forwardedPorts.all(.equals(.transport, .text(transport.rawValue))).map(\.publicPort))
        guard let free = (network.firstPublicPort...network.lastPublicPort).first(where: { !taken.contains($0) }) else {
            let facts = ["network": network.name.text, "protocol": transport.rawValue]
            throw CloudError(.publicPortsExhausted, range.merging(facts) { $1 })
        }
        return free
    }
}
