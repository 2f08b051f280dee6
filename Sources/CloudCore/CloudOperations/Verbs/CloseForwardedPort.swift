// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import NetFabric

/// Takes a forwarded port from an instance: from the first commit on it belongs to nobody, and the host that holds the instance is asked
/// until it serves the picture without it.
public struct CloseForwardedPort: CloudOperation {
    /// `instance.close-forwarded-port`
    public static let kind = "instance.close-forwarded-port"
    /// Who asks.
    public let principal: Principal
    /// Whose port it is.
    public let instance: ID<InstanceKind>
    /// The forwarded port.
    public let forward: ID<ForwardedPortKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Closes a forwarded port for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, forward: ID<ForwardedPortKind>) {
        self.principal = principal
        self.instance = instance
        self.forward = forward
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let deed = Deed(verb: .closeForwardedPort, object: instance.text, actor: principal.user, operation: try flow.run.operation())
        // The public port is free for others from here on, so there is no way back.
        let closed = try await flow.commit("close", irreversible: "opening is the way back") { tx in
            let now = world.clock.now()
            _ = try tx.instance(instance, for: deed.verb, by: principal, at: now)
            if let refusal = try deed.verb.refusal(in: tx.statuses.get(instance).state, of: instance) { throw refusal }
            let row = try tx.forwardedPorts.get(forward)
            guard row.instance == instance else { throw CloudError(.notFound, ["object": forward.text]) }
            try tx.close(row)
            try tx.begin(deed, ["port": String(row.publicPort), "target": String(row.targetPort)], at: now)
            try tx.tell("instance.changed", deed, at: now)
            return row
        }
        try await flow.step("rules", irreversible: "the port may be another's by now") { try await world.serve(closed, $0) }
        return try await flow.end("closed", irreversible: "opening is the way back") { tx in
            try tx.end(deed, at: world.clock.now())
            return Nothing()
        }
    }
}

extension StoreTransaction {
    /// Removes the row of a forwarded port and gives its quota back; harmless where it is gone.
    func close(_ forward: ForwardedPort) throws {
        guard let row = try forwardedPorts.find(forward.id) else { return }
        try forwardedPorts.delete(forward.id)
        let owned = try instances.get(forward.instance)
        // One that is kept for a machine in the trash counts for no quota any more.
        if row.keptUntil == nil { try giveBack(ResourceAmounts(forwardedPorts: 1), to: owned.group, and: owned.owner) }
        try raiseSerial(of: forward.network)
    }
}

extension World {
    /// Makes the host that holds a forwarded port's instance, if any, serve the network's newest picture, after a change in the same
    /// transaction.
    func serve(
        _ forward: ForwardedPort, _ key: StepKey, after change: @escaping @Sendable (any StoreTransaction) throws -> Void = { _ in }
    ) async throws {
        let (picture, host) = try await store.write { tx in
            try change(tx)
            return (try tx.picture(of: forward.network), try tx.claims.find(forward.instance)?.host)
        }
        if let host { try await serve(picture, on: host, key) }
    }
}
