// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore

extension StoreView {
    /// The SSH keys that are to log in to instances, each list in one order: those of everybody who is operator of it, then its own.
    /// One statement per table, however many instances there are.
    func dueKeys(of instances: [Instance], at now: Timestamp) throws -> [ID<InstanceKind>: [String]] {
        let granted = try grants.all(.isIn(.object, instances.map { .id($0.id) })).filter {
            $0.level >= .operator && ($0.until ?? .distantFuture) > now
        }
        let subjects = Dictionary(grouping: granted, by: \.object).mapValues { Set($0.map(\.subject)) }
        let named = Set(granted.map(\.subject))
        let members = Dictionary(
            grouping: try memberships.all(.isIn(.group, named.sorted().map(StoreValue.text))), by: \.group.text
        ).mapValues { $0.map(\.user.text) }
        let people = named.union(members.values.joined()).union(instances.map(\.owner.text))
        let keys = Dictionary(
            uniqueKeysWithValues: try users.all(.isIn(.id, people.sorted().map(StoreValue.text))).map { ($0.id.text, $0.keys) })
        let own = Dictionary(
            uniqueKeysWithValues: try instanceKeys.all(.isIn(.id, instances.map { .id($0.id) })).map { ($0.id, $0.own) })
        return Dictionary(
            uniqueKeysWithValues: instances.map { instance in
                let named = subjects[instance.id.text] ?? []
                let who = named.union(named.flatMap { members[$0] ?? [] }).union([instance.owner.text])
                return (instance.id, who.sorted().flatMap { keys[$0] ?? [] } + (own[instance.id] ?? []))
            })
    }
}

extension StoreTransaction {
    /// The keys' row of an instance changes; made where there is none yet, left alone where nothing is another.
    func changeKeys(of instance: ID<InstanceKind>, _ change: (inout InstanceKeys) throws -> Void) throws {
        let known = try instanceKeys.find(instance)
        var row = known ?? InstanceKeys(id: instance)
        try change(&row)
        if known == nil { try instanceKeys.insert(row) } else if row != known { try instanceKeys.update(row) }
    }

    /// Nobody knows what the guest lets in: its disk is another one, it began anew, or the records are of another time than it is. It is told
    /// again.
    func forgetTold(_ instance: ID<InstanceKind>) throws {
        try changeKeys(of: instance) { ($0.told, $0.tries, $0.triedAt) = (nil, 0, nil) }
    }

    /// The disk is another one, of a time when another password may have been set: the guest is told the one that is shown when it is up
    /// again. Nothing is in doubt where none was ever set.
    func doubtPassword(of instance: ID<InstanceKind>, by operation: ID<OperationKind>) throws {
        // What was refused set nothing.
        let wasSet =
            try activities.first(
                .equals(.object, .text(instance.text)), .equals(.code, .text(Verb.setPassword.rawValue)), .equals(.outcome, .null)) != nil
        guard wasSet, var secret = try secrets.find(instance), secret.sealedDoubtful == nil else { return }
        (secret.sealedDoubtful, secret.doubtedBy) = (secret.sealedPassword, operation)
        try secrets.update(secret)
    }

    /// A password that nobody could open was left out of what the guest read when it booted: it is told when somebody can.
    func doubtUnopenedPassword(of instance: ID<InstanceKind>, by operation: ID<OperationKind>, world: World) throws {
        guard var secret = try secrets.find(instance), secret.sealedDoubtful == nil else { return }
        do { _ = try world.open(secret.sealedPassword, of: instance) } catch let refusal as CloudError
            where refusal.code == .passwordSealed
        {
            (secret.sealedDoubtful, secret.doubtedBy) = (secret.sealedPassword, operation)
            try secrets.update(secret)
        }
    }

    /// The guest was told of keys: in the transaction of the verb that did so.
    func noteTold(_ sign: String, _ instance: ID<InstanceKind>) throws {
        try changeKeys(of: instance) { ($0.told, $0.tries, $0.triedAt) = (sign, 0, nil) }
    }

    /// A guest that begins anew has no note, and is told its keys: on its way to be ready, or by the key ring where it is not ready in time
    /// or its agent is not waited for.
    func guestBeginsAnew(_ instance: ID<InstanceKind>) throws {
        guard let row = try instanceKeys.find(instance), row.note != "" || row.told != nil else { return }
        try forgetTold(instance)
        try changeKeys(of: instance) { $0.note = "" }
    }

    /// The guest goes on from a moment of which nobody knows what people read there then: it is told again.
    func doubtNote(_ instance: ID<InstanceKind>) throws { try changeKeys(of: instance) { $0.note = nil } }

    /// What the guest was told on its way to be ready.
    func noteTold(_ told: GuestReady.Told?, of instance: ID<InstanceKind>) throws {
        guard let told else { return }
        try noteTold(told.keys, instance)
        if let note = told.note { try changeKeys(of: instance) { $0.note = note } }
        guard told.password, var secret = try secrets.find(instance), let sealed = secret.sealedDoubtful else { return }
        (secret.sealedPassword, secret.sealedDoubtful, secret.doubtedBy) = (sealed, nil, nil)
        try secrets.update(secret)
    }

    /// Throws `agent-missing` where the machines of the instance's template have no agent.
    func requireAgent(_ claim: InstanceClaim) throws(CloudError) { try requireAgent(claim.agent, of: claim.instance) }

    /// Ends a verb that changes no state: the instance is free.
    func finish(_ claim: InstanceClaim, world: World) throws {
        let now = world.clock.now()
        try statuses.change(claim.instance) { $0.operation = nil }
        try end(claim.deed, at: now)
        try tell("instance.changed", claim.deed, at: now)
    }
}
