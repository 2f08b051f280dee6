// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Leases

/// Makes one instance or a batch of them from a template: one request, quota for the whole, one result per member. Everything is in one
/// transaction; the starts that were asked for are recorded in it and begin when it is durable.
public struct CreateInstances: CloudOperation {
    /// One member of a batch, with every id that may ever exist chosen before anything does.
    public struct Member: Codable, Hashable, Sendable {
        /// The instance.
        public let id: ID<InstanceKind>
        /// Its name.
        public let name: DisplayName
        /// The host name that is asked for; nil for `vm-` and eight characters.
        public let label: DNSLabel?
        /// Its port.
        public let port: ID<PortKind>
        /// Its disk.
        public let disk: ID<DiskKind>
        /// Its login password.
        public let password: Secret
        /// The operation that starts it.
        public let start: ID<OperationKind>

        /// A member.
        public init(
            id: ID<InstanceKind>, name: DisplayName, label: DNSLabel?, port: ID<PortKind>, disk: ID<DiskKind>, password: Secret,
            start: ID<OperationKind>
        ) {
            self.id = id
            self.name = name
            self.label = label
            self.port = port
            self.disk = disk
            self.password = password
            self.start = start
        }
    }

    /// `instance.create`
    public static let kind = "instance.create"
    /// Who asks.
    public let principal: Principal
    /// From which template.
    public let template: ID<TemplateKind>
    /// From which revision of it; nil for the one in production, which is all that a user of the template may have.
    public let revision: Int?
    /// The group that is charged; nil for the personal one.
    public let group: ID<GroupKind>?
    /// The members.
    public let members: [Member]
    /// Whether they are started, too.
    public let start: Bool
    /// The first member's id.
    public var object: String { members.first?.id.text ?? template.text }

    /// Makes instances for a principal.
    public init(
        by principal: Principal, template: ID<TemplateKind>, revision: Int? = nil, group: ID<GroupKind>? = nil, members: [Member],
        start: Bool
    ) {
        self.principal = principal
        self.template = template
        self.revision = revision
        self.group = group
        self.members = members
        self.start = start
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> [ID<InstanceKind>] {
        let operation = try flow.run.operation()
        return try await flow.end("create", irreversible: "nothing follows it; destroying is the way back") { tx in
            let now = world.clock.now()
            let template = try tx.templates.get(template)
            try tx.require(principal, .create, on: template.id.text, owner: template.owner, at: now)
            let revision = try tx.revision(revision, of: template, for: principal, at: now)
            guard (1...BatchLimits.instances).contains(members.count) else {
                throw CloudError(.invalidField, ["pointer": "/count", "reason": "a batch has 1 to \(BatchLimits.instances) instances"])
            }
            let charged = try tx.chargedGroup(group, of: principal)
            try tx.openCourse(of: charged, at: now)
            let needs = ResourceAmounts(instances: members.count, disk: revision.disk * members.count)
            try tx.charge(needs, to: charged, and: principal.user, defaults: world.settings.limits)
            for (index, member) in members.enumerated() {
                try insert(member, of: revision, charged, in: tx, world: world, at: now)
                let deed = Deed(
                    verb: .create, object: member.id.text, actor: principal.user, operation: operation, member: index == 0 ? nil : member.id
                )
                try tx.note(deed, ["count": String(members.count), "template": template.name.text], at: now)
                try tx.tell("instance.created", deed, at: now)
                if start {
                    try flow.enqueue(StartInstance(by: principal, instance: member.id), as: RunID(member.start.text), in: tx)
                }
            }
            return members.map(\.id)
        }
    }

    private func insert(
        _ member: Member, of revision: TemplateRevision, _ group: ID<GroupKind>, in tx: any StoreTransaction, world: World,
        at now: Timestamp
    ) throws {
        let label = member.label ?? DNSLabel(of: member.id)
        let instance = Instance(
            id: member.id, name: member.name, label: label, owner: principal.user, group: group, template: revision.template,
            revision: revision.number, cpus: revision.cpus, memory: revision.memory, alive: true, createdAt: now)
        do { try tx.instances.insert(instance) } catch is UniqueViolation {
            throw CloudError(.nameTaken, ["name": member.name.text, "proposal": try proposal(like: member.name, in: tx)])
        }
        try tx.statuses.insert(
            InstanceStatus(
                id: member.id, state: .pending, failure: nil, host: nil, fence: Fence(0), operation: nil, changedAt: now, readyAt: nil))
        let policy = try tx.leasePolicies.get(revision.leasePolicy)
        let course = try tx.groups.find(group)?.course
        try tx.leases.insert(Leases.first(of: member.id, policy: policy.id, by: policy.intervals, within: course, at: now))
        _ = try tx.takePort(member.port, of: member.id, in: revision.network, label: label)
        let image = try tx.images.get(revision.image)
        try tx.disks.insert(
            Disk(
                id: member.disk, instance: member.id, store: image.store, image: image.id, virtualSize: revision.disk, trashedAt: nil))
        try tx.secrets.insert(InstanceSecret(id: member.id, sealedPassword: try world.sealer.seal(member.password.clear)))
    }

    /// A name that is free, or a pattern all of whose names are; empty where none was found.
    private func proposal(like name: DisplayName, in tx: any StoreTransaction) throws -> String {
        if members.count == 1 { return try tx.freeName(like: name, of: principal.user) ?? "" }
        for number in 2...99 {
            guard let pattern = BatchNames.pattern(like: members.map(\.name), number: number) else { continue }
            let names = try BatchNames.names(pattern, count: members.count)
            if try names.allSatisfy({ try tx.isFree($0.text, of: principal.user) }) { return pattern }
        }
        return ""
    }
}
