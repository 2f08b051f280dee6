// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import ImageStore

/// Takes an instance out of the trash: stopped, with its disks, its lease renewed, charged again. Its name, address, host name and public
/// ports are as they were where they are still kept; what is not is new or gone, and the result says so. Where it had ports and none is
/// kept, it gets one on its template's network; where it had none, it has none. It needs nothing of a host, but where a disk is not in its
/// store it is left in the trash: `disk-missing`.
public struct RecoverInstance: CloudOperation {
    /// What is another than before.
    public struct Output: Codable, Hashable, Sendable {
        /// Its name now, where another instance of the owner took the old one; nil where it is the old one.
        public let name: DisplayName?
        /// Its host name now, where it is another; nil where it is the old one.
        public let hostname: DNSLabel?
        /// Its address now, where the old one was given away; nil where it is the old one.
        public let address: IPv4Address?
        /// The ports that it had and has no more, in the order of its bus.
        public let lostPorts: [Belongings.Port]
        /// The data disks that it let go of and that are still there: they are their owner's, to be attached again.
        public let detachedDisks: [ID<DiskKind>]
        /// True where it was suspended: the memory that was saved went with it. Nil where none was.
        public let lostMemory: Bool?
        /// The public ports that led to it and lead there no more: they were kept no longer. Nil for none.
        public let lostPublicPorts: [Belongings.PublicPort]?
        /// Its lease.
        public let dates: LeaseDates
    }

    /// `instance.recover`
    public static let kind = "instance.recover"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The id of a new port, should all that it had be gone.
    public let port: ID<PortKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Recovers an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, port: ID<PortKind>) {
        self.principal = principal
        self.instance = instance
        self.port = port
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Output {
        let operation = try flow.run.operation()
        try await requireDisks(in: world)
        return try await flow.end("recover", irreversible: "destroying is the way back") { tx in
            let now = world.clock.now()
            let before = try tx.instance(instance, for: .recover, by: principal, at: now)
            var status = try tx.statuses.get(instance)
            if let refusal = Verb.recover.refusal(in: status.state, of: instance) { throw refusal }
            try tx.openCourse(of: before.group, at: now)
            let disk = try tx.untrashDisks(of: instance)
            let forwards = try tx.forwardedPorts.all(.equals(.instance, .id(instance)))
            let needs = try ResourceAmounts(instances: 1, disk: disk + tx.keptMemory(of: instance), forwardedPorts: forwards.count)
            try tx.charge(needs, to: before.group, and: before.owner, defaults: world.settings.limits)
            for forward in forwards { try tx.forwardedPorts.change(forward.id) { $0.keptUntil = nil } }
            let found = try tx.recoverPorts(of: before, as: port)
            let after = try tx.revive(before, label: found.new?.label)
            (status.state, status.failure, status.changedAt, status.readyAt) = (.stopped, nil, now, nil)
            try tx.statuses.update(status)
            let dates = try tx.renewLease(of: instance, at: now).dates
            let deed = Deed(verb: .recover, object: instance.text, actor: principal.user, operation: operation)
            try tx.note(deed, at: now)
            try tx.tell("instance.changed", deed, at: now)
            return Output(
                name: after.name == before.name ? nil : after.name, hostname: after.label == before.label ? nil : after.label,
                address: found.new?.ipv4, lostPorts: found.lost,
                detachedDisks: try (before.belongings?.disks ?? []).filter { try tx.disks.find($0).map { $0.instance == nil } ?? false },
                lostMemory: before.belongings?.memory, lostPublicPorts: before.belongings?.lostPublicPorts(of: forwards), dates: dates)
        }
    }

    /// Throws `disk-missing` where a disk is not in its store: nothing has begun then. A host that does not answer says nothing of disks, and
    /// keeps nothing in the trash; nor does what the records refuse, which the transaction says.
    private func requireDisks(in world: World) async throws {
        let now = world.clock.now()
        let lying = try await world.store.read { view -> [(disk: OverlayDescription, host: ID<HostKind>)] in
            let row = try view.instance(instance, for: .recover, by: principal, at: now)
            guard try view.statuses.get(instance).state == .destroyed else { return [] }
            _ = try view.trashedDisks(of: instance)
            return try view.disks(of: row.id).map { disk in
                (try OverlayDescription(disk, on: try disk.image.map { try view.images.get($0) }), try view.home(of: disk))
            }
        }
        for (disk, host) in lying {
            do { try await world.require(disk, of: instance, on: host) } catch let error as CloudError where error.code != .diskMissing {
                continue
            } catch is OutcomeUnknown { continue }
        }
    }
}

extension Belongings {
    /// The public ports that are not among those that it has; nil for none.
    fileprivate func lostPublicPorts(of kept: [ForwardedPort]) -> [PublicPort]? {
        let lost = (publicPorts ?? []).filter { had in
            !kept.contains { ($0.publicPort, $0.transport, $0.targetPort) == (had.publicPort, had.transport, had.targetPort) }
        }
        return lost.isEmpty ? nil : lost
    }
}

extension StoreTransaction {
    /// Takes the disks of an instance out of the trash; gives their sizes together. Throws `disk-gone` where one is gone or going.
    fileprivate func untrashDisks(of instance: ID<InstanceKind>) throws -> ByteCount {
        let rows = try trashedDisks(of: instance)
        for row in rows { try disks.change(row.id) { $0.trashedAt = nil } }
        return rows.reduce(.zero) { $0 + $1.virtualSize }
    }

    /// The ports that it had: what is kept is its own again, and what is not is lost. Where all are lost, a new one takes their place, with
    /// the old label where nobody has it.
    fileprivate func recoverPorts(
        of instance: Instance, as id: ID<PortKind>
    ) throws -> (lost: [Belongings.Port], new: InstancePort?) {
        let kept = try ports(of: instance.id)
        for row in kept { try ports.change(row.id) { $0.keptUntil = nil } }
        let had = instance.belongings?.ports ?? []
        let lost = had.filter { port in !kept.contains { $0.id == port.id } }
        guard kept.isEmpty, !had.isEmpty else {
            if let first = kept.first { try lead(forwardedPorts.all(.equals(.instance, .id(instance.id))), notTo: kept, to: first) }
            return (lost, nil)
        }
        guard let revision = try revisions.rows.find(key: "\(instance.template)/\(instance.revision)") else {
            throw CloudError(.notFound, ["object": instance.template.text])
        }
        // Nobody can say which one it is to be, so that a refusal would have no way out.
        let wanted = try [instance.label, DNSLabel(of: instance.id)].first { try isFree($0, in: revision.network) }
        let label = try wanted ?? freeLabel(like: instance.label, in: revision.network) ?? DNSLabel(of: id)
        let port = try takePort(id, of: instance.id, in: revision.network, label: label)
        try lead(forwardedPorts.all(.equals(.instance, .id(instance.id))), notTo: [], to: port)
        return (lost, port)
    }

    /// What led to a port that is gone leads to another of the machine's.
    private func lead(_ forwards: [ForwardedPort], notTo kept: [InstancePort], to port: InstancePort) throws {
        for forward in forwards where !kept.contains(where: { $0.id == forward.port }) {
            try forwardedPorts.change(forward.id) {
                $0.port = port.id
                $0.network = port.network
            }
        }
    }

    /// The instance lives again, under its name or one like it; its host name is another where its only port has another.
    fileprivate func revive(_ instance: Instance, label: DNSLabel?) throws -> Instance {
        func isFree(_ name: DisplayName) throws -> Bool {
            try instances.first(.equals(.owner, .id(instance.owner)), .equals(.name, .text(name.text)), .equals(.alive, .integer(1))) == nil
        }
        var (name, number) = (instance.name, 2)
        while try !isFree(name) {
            guard number < 1000 else { throw CloudError(.nameTaken, ["name": instance.name.text, "proposal": ""]) }
            name = try DisplayName("\(instance.name.text.prefix(115))-\(number)")
            number += 1
        }
        return try instances.change(instance.id) { row in
            row.name = name
            row.label = label ?? row.label
            row.alive = true
            row.belongings = nil
        }
    }
}
