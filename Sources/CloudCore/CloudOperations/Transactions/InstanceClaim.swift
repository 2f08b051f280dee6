// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import ImageStore
import NetFabric
import Scheduling

/// What a verb holds of an instance from its first commit on: everything that its steps and undos need, journaled.
struct InstanceClaim: Codable, Sendable {
    let instance: ID<InstanceKind>
    let host: ID<HostKind>
    let fence: Fence
    /// The state before the verb.
    let before: InstanceState
    /// The fields that an undone claim restores.
    let hostBefore: ID<HostKind>?
    let failureBefore: CloudError?
    let readyBefore: Timestamp?
    let guest: GuestDescription
    /// In the order of the guest's buses: the first disk boots, and there is one; by the first port people get in, where there is one.
    let disks: [OverlayDescription]
    let ports: [FabricPort]
    let memory: MemoryImage
    let method: AccessMethod
    let agent: AgentUse
    let readiness: Readiness
    /// Whether another run had the instance, and left on the host what this one must clear away.
    let tookOver: Bool
    /// What that run may have left besides; nil for nothing.
    let remains: Remains?
    /// Placed by this verb: the other hosts and why not.
    let rejections: [HostRejection]
    let deed: Deed
}

extension StoreTransaction {
    /// Claims an instance for a verb: rights, state table, nobody else at work, fence raised, activity begun. Where the verb brings the
    /// instance to a host, it is placed, charged and put into its network's picture in the same transaction.
    ///
    /// A run that only waits, or is stuck, is superseded where the verb takes over (``Verb/takesOver``), one that waits also where the
    /// verb interrupts (``Verb/interrupts``); any other run at work is `busy`.
    func claim(
        _ id: ID<InstanceKind>, for verb: Verb, by principal: Principal, in run: RunID, placing: Bool, world: World
    ) throws -> InstanceClaim {
        let now = world.clock.now()
        let operation = try run.operation()
        let instance = try instance(id, for: verb, by: principal, at: now)
        var status = try statuses.get(id)
        let holder = status.operation.flatMap { $0 == operation ? nil : $0 }
        if let holder { try takeOver(from: holder, for: verb, in: run, of: id, at: now) }
        let isForced = holder != nil && verb.takesOver && status.state != .destroyed
        if !isForced, let refusal = verb.refusal(in: status.state, of: id) { throw refusal }
        let before = status
        let parts = try instanceParts(instance)
        var rejections: [HostRejection] = []
        if placing {
            try openCourse(of: instance.group, at: now)
            if status.state == .pending { try requireRoom(in: parts.disk.store, by: world.settings) }
            // A disk that is still to be made must have room to be filled; later ones hold what they hold.
            var needs = instance.hostNeeds
            if status.state == .pending { needs.disk = parts.disk.virtualSize }
            let placement = try place(id, needs, in: parts.disk.store, world: world, at: now)
            try charge(instance.hostNeeds, to: instance.group, and: instance.owner, defaults: world.settings.limits)
            try claims.insert(HostClaim(id: id, host: placement.host, cpus: instance.cpus, memory: instance.memory))
            status.host = placement.host
            rejections = placement.rejections
        }
        status.fence = status.fence.next
        status.operation = operation
        try statuses.update(status)
        let deed = Deed(verb: verb, object: id.text, actor: principal.user, operation: operation)
        let host = try status.host ?? home(of: parts.disk)
        let claim = InstanceClaim(
            instance: id, host: host, fence: status.fence, before: before.state, hostBefore: before.host,
            failureBefore: before.failure, readyBefore: before.readyAt, guest: parts.guest, disks: parts.disks,
            ports: parts.ports, memory: MemoryImage(instance: id, store: parts.disk.store), method: parts.revision.access,
            agent: parts.revision.agent, readiness: parts.revision.readiness, tookOver: holder != nil,
            remains: verb.takesOver ? try holder.flatMap { try Remains.left(by: $0, on: id, in: self, world: world) } : nil,
            rejections: rejections, deed: deed)
        if placing { for port in claim.ports { try setAttached(true, port) } }
        try begin(claim.deed, at: now)
        try tell("instance.changed", claim.deed, at: now)
        return claim
    }

    /// Takes a claim back: the instance is free and where it was; what was placed is given back.
    func release(_ claim: InstanceClaim, placed: Bool, world: World) throws {
        let now = world.clock.now()
        var status = try statuses.get(claim.instance)
        guard status.operation == claim.deed.operation else { return }
        status.operation = nil
        status.host = claim.hostBefore
        try statuses.update(status)
        if placed {
            for port in claim.ports { try setAttached(false, port) }
            try giveUpHost(of: try instances.get(claim.instance))
        }
        try endUndone(claim.deed, at: now)
        try tell("instance.changed", claim.deed, at: now)
    }

    /// Ends a verb: the state moves along its table, and the instance is free unless the verb goes on.
    func settle(
        _ claim: InstanceClaim, _ event: InstanceState.Event, failure: CloudError? = nil, goesOn: Bool = false, world: World
    ) throws {
        let now = world.clock.now()
        var status = try statuses.get(claim.instance)
        guard let state = status.state.after(event) else {
            throw CloudError(
                .stateForbids,
                [
                    "verb": claim.deed.verb.rawValue, "state": status.state.rawValue, "object": claim.instance.text,
                    "allowed": event.rawValue,
                ])
        }
        status.state = state
        status.failure = failure
        status.changedAt = now
        // What only stood still is as ready as it was.
        if event != .paused && event != .resumed { status.readyAt = nil }
        if event == .started, claim.disks.count > 1 { try closeSlots(of: claim.instance) }
        if !state.holdsHost {
            status.host = nil
            try giveUpHost(of: try instances.get(claim.instance))
        }
        if !goesOn { status.operation = nil }
        try statuses.update(status)
        if !goesOn { try end(claim.deed, at: now) }
        try tell("instance.changed", claim.deed, at: now)
    }

    /// The host no longer holds the instance. Harmless where none did.
    func giveUpHost(of instance: Instance) throws {
        guard try claims.find(instance.id) != nil else { return }
        try claims.delete(instance.id)
        try giveBack(instance.hostNeeds, to: instance.group, and: instance.owner)
    }

    private func takeOver(
        from holder: ID<OperationKind>, for verb: Verb, in taker: RunID, of id: ID<InstanceKind>, at now: Timestamp
    ) throws {
        let busy = CloudError(.busy, ["object": id.text, "operation": holder.text])
        guard try journal.run(RunID(holder.text)).map(verb.mayTakeOver) ?? verb.takesOver else { throw busy }
        do { try journal.supersede(RunID(holder.text), by: taker) } catch is RunBusy { throw busy }
        if let activity = ID<ActivityKind>("\(ActivityKind.prefix)-\(holder.body)"), var row = try activities.find(activity),
            row.endedAt == nil
        {
            row.outcome = CloudError(.superseded, ["operation": holder.text, "by": taker.text])
            row.endedAt = now
            try activities.update(row)
        }
    }

    /// The decision where an instance goes, with the sentence why not elsewhere. What it holds itself of a host is not in its way: it is
    /// asked for one that holds nothing, or that gives up what it holds before it is placed.
    func place(
        _ instance: ID<InstanceKind>, _ needs: ResourceAmounts, in store: ID<StoreKind>, world: World, at now: Timestamp
    ) throws -> Placement {
        let own = try claims.find(instance)
        let facts = try hosts.all().map { host in
            var claimed = ResourceAmounts(
                cpus: CPUCount(Int(try claims.rows.sum(.cpus, .equals(.host, .id(host.id))))),
                memory: ByteCount(bytes: try claims.rows.sum(.memory, .equals(.host, .id(host.id)))))
            if let own, own.host == host.id { claimed = claimed - ResourceAmounts(cpus: own.cpus, memory: own.memory) }
            return HostFacts(host: host, evidence: try evidence.find(host.id), claimed: claimed)
        }
        let demand = PlacementDemand(needs, of: instance, in: store)
        return try Scheduling.place(demand, on: facts, freshness: world.settings.freshness, at: now)
    }
}

extension StoreView {
    /// The host that sees an instance's disk: where something may be left of one that has none.
    func home(of disk: Disk) throws -> ID<HostKind> {
        guard let host = try hosts.first(.equals(.store, .id(disk.store))) else {
            throw CloudError(.unavailable, ["part": disk.store.text])
        }
        return host.id
    }
}

extension Verb {
    /// The verbs that have done all but wait when they wait for the guest, so that whoever interrupts one has nothing to clear away.
    private static let leavingNothing: Set = [
        RebootInstance.kind, ResetInstance.kind, ShutDownInstance.kind, StartInstance.kind, WakeInstance.kind,
    ]

    /// Whether the verb may take an instance over from the run that has it. Pure.
    func mayTakeOver(from holder: RunRecord) -> Bool {
        switch holder.state {
        case .waiting where interrupts: Self.leavingNothing.contains(holder.kind)
        // A destroy that is wanted stays wanted: force off needs a lower level, and must not lose it.
        case .waiting, .stuck: takesOver && (self == .destroy || holder.kind != DestroyInstance.kind)
        case .done, .undone, .superseded: takesOver
        case .queued, .running, .unwinding: false
        }
    }
}
