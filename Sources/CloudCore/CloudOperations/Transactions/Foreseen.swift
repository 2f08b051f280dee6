// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore

// What verbs ask of an instance's rows besides rights, state and who is at work: each rule once, for the verb's claim, and for whoever asks
// beforehand what may be done.

extension StoreView {
    /// Throws what a verb is certain to be refused with, whatever is asked with it; what depends on that shows when the verb is begun.
    func foresee(_ verb: Verb, of instance: Instance, in state: InstanceState) throws {
        let id = instance.id
        switch verb {
        case .attachDisk: try requireDiskPlace(of: id)
        case .attachPort: try requirePortPlace(of: id)
        case .checkpoint: try requireCheckpointPlace(of: id)
        case .closeForwardedPort: try requireOne(of: try forwardedPorts.all(.equals(.instance, .id(id))), "\(id)/forwarded-ports") { _ in }
        case .detachDisk: try requireOne(of: try disks(of: id).filter { $0.owner != nil }, "\(id)/disks") { _ in }
        case .detachPort: try requireOne(of: try ports(of: id), "\(id)/ports") { try requireNoForwards(to: $0.id) }
        case .dropCheckpoint: try requireOne(of: try kept(by: id), "\(id)/checkpoints") { try requireDroppable($0, in: state) }
        case .installKeys, .setPassword:
            let revision = try revisions.find(key: "\(instance.template)/\(instance.revision)")
            try requireAgent(revision?.agent ?? AgentUse.none, of: id)
        case .openForwardedPort: _ = try accessPort(of: id)
        case .recover: _ = try trashedDisks(of: id)
        case .returnToCheckpoint: try requireOne(of: try kept(by: id), "\(id)/checkpoints") { try requireFit($0) }
        default: break
        }
    }

    private func kept(by id: ID<InstanceKind>) throws -> [Checkpoint] { try checkpoints.all(.equals(.instance, .id(id))) }

    /// Throws where there is none of what the verb is about, and where each of them is refused.
    private func requireOne<Item>(of items: [Item], _ name: String, _ rule: (Item) throws -> Void) throws {
        var refusal = CloudError(.notFound, ["object": name])
        for (index, item) in items.enumerated() {
            do { return try rule(item) } catch let refused as CloudError { if index == 0 { refusal = refused } }
        }
        throw refusal
    }

    /// Throws `invalid-field` where an instance has as many disks as it may.
    func requireDiskPlace(of id: ID<InstanceKind>) throws {
        guard try disks(of: id).count < mostDisks else {
            throw CloudError(.invalidField, ["pointer": "/disk", "reason": "an instance has at most \(mostDisks) disks"])
        }
    }

    /// Throws `invalid-field` where an instance has as many ports as it may.
    func requirePortPlace(of id: ID<InstanceKind>) throws {
        guard try ports(of: id).count < mostPorts else {
            throw CloudError(.invalidField, ["pointer": "/network", "reason": "an instance has at most \(mostPorts) ports"])
        }
    }

    /// Throws `port-forwarded` where public ports lead to a port, and names them.
    func requireNoForwards(to port: ID<PortKind>) throws {
        let forwards = try forwardedPorts.all(.equals(.port, .id(port))).sorted { $0.publicPort < $1.publicPort }
        guard forwards.isEmpty else {
            let those = forwards.map { "\($0.publicPort)/\($0.transport.rawValue)" }.joined(separator: ", ")
            throw CloudError(.portForwarded, ["port": port.text, "forwarded": those])
        }
    }

    /// Throws `checkpoints-full` where an instance keeps as many as it may.
    func requireCheckpointPlace(of id: ID<InstanceKind>) throws {
        guard try checkpoints.count(.equals(.instance, .id(id))) < Checkpoint.most else {
            throw CloudError(.checkpointsFull, ["instance": id.text, "limit": "\(Checkpoint.most)"])
        }
    }

    /// Throws `state-forbids` where a guest runs on the layer that a checkpoint keeps: nobody may write what lies on it.
    func requireDroppable(_ kept: Checkpoint, in state: InstanceState) throws {
        let rows = try disks.all(.equals(.instance, .id(kept.instance)))
        guard state == .running, rows.inSlots.first?.layers(among: rows).contains(kept.disk) == true else { return }
        throw CloudError(
            .stateForbids,
            ["verb": Verb.dropCheckpoint.rawValue, "state": state.rawValue, "object": kept.instance.text, "allowed": "stopped"])
    }

    /// Throws `checkpoint-unfit` where a checkpoint keeps memory that is not of the machine as it is: it fits no other.
    func requireFit(_ kept: Checkpoint) throws {
        guard let memory = kept.memory else { return }
        try requireNoDataDisks(of: kept.instance)
        let row = try instances.get(kept.instance)
        let reason =
            row.cpus != kept.cpus
            ? "its memory was saved with another number of processors"
            : row.memory != memory
                ? "its memory was saved with another size of memory"
                : try ports(of: row.id).map(\.id) != kept.ports ? "its memory was saved with other ports" : nil
        if let reason { throw CloudError(.checkpointUnfit, ["instance": row.id.text, "reason": reason]) }
    }

    /// Throws `checkpoint-unfit` where the instance has disks besides the one that a checkpoint keeps: memory knows what is on all of them.
    func requireNoDataDisks(of id: ID<InstanceKind>) throws {
        guard try disks(of: id).count > 1 else { return }
        throw CloudError(.checkpointUnfit, ["instance": id.text, "reason": "it has data disks, which a checkpoint leaves out"])
    }

    /// Throws `agent-missing` where the machines of a template have no agent.
    func requireAgent(_ agent: AgentUse, of id: ID<InstanceKind>) throws(CloudError) {
        guard agent != .none else { throw CloudError(.agentMissing, ["instance": id.text]) }
    }

    /// The disks of an instance in the trash; throws `disk-gone` where one is gone or going, and where there never was any.
    func trashedDisks(of id: ID<InstanceKind>) throws -> [Disk] {
        let rows = try disks.all(.equals(.instance, .id(id)))
        guard !rows.isEmpty, rows.allSatisfy({ $0.collectedBy == nil && ($0.trashedAt != nil || $0.owner != nil) }), !rows.inSlots.isEmpty
        else { throw CloudError(.diskGone, ["object": id.text]) }
        return rows
    }
}
