// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import ImageStore

/// Makes a draft revision of a template, a new one or one that is there, of an instance's boot disk. A guest that runs is shut down first
/// and stays off. All that the disk shows is copied into one image of its own, so the instance and what it was made from may go.
///
/// The copy is looked at again and again, a step each, so that a request to stop is heard in the middle of it; until the image is
/// whole all of it can be taken back. What is in the guest stays in it: host keys and machine id are the next first boot's matter
/// (Documentation/decisions/0012-saved-templates.md). Data disks are not part of it.
public struct SaveAsTemplate: CloudOperation {
    /// What came of it.
    public struct Output: Codable, Hashable, Sendable {
        /// The template.
        public let template: ID<TemplateKind>
        /// The number of the revision that was made.
        public let revision: Int
        /// Its image.
        public let image: ID<ImageKind>
    }

    /// `instance.save-as-template`
    public static let kind = "instance.save-as-template"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The template: one that is there, or the id of a new one, chosen before.
    public let template: ID<TemplateKind>
    /// The name of a new template; nil for one that is there.
    public let name: DisplayName?
    /// The image's id, chosen before.
    public let image: ID<ImageKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Saves an instance for a principal.
    public init(
        by principal: Principal, instance: ID<InstanceKind>, template: ID<TemplateKind>, name: DisplayName?, image: ID<ImageKind>
    ) {
        self.principal = principal
        self.instance = instance
        self.template = template
        self.name = name
        self.image = image
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Output {
        let claim = try await flow.commit("claim") { [run = flow.run] tx in
            let claim = try tx.claim(instance, for: .saveAsTemplate, by: principal, in: run, placing: false, world: world)
            // A name that is taken, no room, no quota: refused while the guest still runs.
            try begin(claim, in: tx, world: world)
            return claim
        } undo: { tx, claim in
            try takeBack(in: tx)
            try tx.release(claim, placed: false, world: world)
        }
        let isRunning = claim.before == .running
        if isRunning { try await flow.letShutDown(claim, needing: [claim.disks[0]], in: world) }
        flow.progress(5)
        let facts = try await copy(claim, flow, in: world)
        let output = try await flow.commit("saved", irreversible: "the revision can be used from now on") { tx in
            try save(facts, claim, in: tx, world: world)
        }
        flow.progress(95)
        if isRunning { try await flow.clearHost(claim, in: world) }
        return try await flow.end("done", irreversible: "the revision can be used") { tx in
            if isRunning { try tx.settle(claim, .stopped, world: world) } else { try tx.finish(claim, world: world) }
            return output
        }
    }

    /// Copies the boot disk, a step for each look. Only the first has something to take back.
    private func copy(_ claim: InstanceClaim, _ flow: CloudFlow, in world: World) async throws -> ImageFacts {
        let disks = try world.hosts.parts(of: claim.host).disks
        let request = CopyRequest(disk: claim.disks[0].disk, image: image)
        var look = 0
        while true {
            let isFirst = look == 0
            let progress = try await flow.step("copy[\(look)]") {
                if isFirst {
                    try await world.require(claim.disks[0], of: claim)
                } else {
                    // A copy takes what its disk holds, which nobody knows before; its size says nothing of it.
                    try await world.requireRoom(in: claim.memory.store, seenBy: disks)
                }
                return try await disks.copy(request, $0.command(Fence(1)))
            } undo: {
                if isFirst { try await disks.remove(image, $0.command(Fence(1))) }
            }
            flow.progress(5 + progress.percent * 9 / 10)
            if let facts = progress.facts { return facts }
            look += 1
        }
    }

    /// The rows of what is being made, and its charge: the size of the disk.
    private func begin(_ claim: InstanceClaim, in tx: any StoreTransaction, world: World) throws {
        let now = world.clock.now()
        let row = try tx.instances.get(instance)
        let size = claim.disks[0].virtualSize
        let group: ID<GroupKind>
        let label: DisplayName
        if let name {
            group = row.group
            label = name
            let new = Template(id: template, name: name, owner: principal.user, group: group, production: nil, createdAt: now)
            do { try tx.templates.insert(new) } catch is UniqueViolation {
                throw CloudError(.nameTaken, ["name": name.text, "proposal": "\(name.text.prefix(115))-2"])
            }
        } else {
            let known = try tx.templates.get(template)
            try tx.require(principal, .saveAsTemplate, on: template.text, owner: known.owner, at: now)
            (group, label) = (known.group, known.name)
        }
        try tx.requireRoom(in: claim.memory.store, by: world.settings)
        try tx.charge(ResourceAmounts(disk: size), to: group, and: principal.user, defaults: world.settings.limits)
        try tx.images.insert(
            Image(
                id: image, name: label, owner: principal.user, group: group, state: .importing, format: .qcow2, virtualSize: .zero,
                fileSize: .zero, sha256: "", charged: size, store: claim.memory.store, createdAt: now))
    }

    private func takeBack(in tx: any StoreTransaction) throws {
        let row = try tx.images.get(image)
        try tx.images.delete(image)
        try tx.giveBack(ResourceAmounts(disk: row.charged), to: row.group, and: principal.user)
        if name != nil { try tx.deleteUnused(template) }
    }

    private func save(_ facts: ImageFacts, _ claim: InstanceClaim, in tx: any StoreTransaction, world: World) throws -> Output {
        let now = world.clock.now()
        // Who made it for a revision of theirs may have taken it back since. Its revisions are shown with it: its version is theirs too.
        try tx.templates.change(template) { _ in }
        try tx.images.change(image) { row in
            row.state = .available
            row.virtualSize = facts.virtualSize
            row.fileSize = facts.fileSize
            row.sha256 = facts.sha256
        }
        let row = try tx.instances.get(instance)
        guard var revision = try tx.revisions.rows.find(key: "\(row.template)/\(row.revision)") else {
            throw CloudError(.notFound, ["object": row.template.text])
        }
        let number = try tx.nextRevision(of: template)
        (revision.id, revision.version, revision.template, revision.number) = ("\(template)/\(number)", 1, template, number)
        (revision.state, revision.image, revision.disk, revision.createdAt) = (.draft, image, facts.virtualSize, now)
        (revision.cpus, revision.memory) = (row.cpus, row.memory)
        try tx.revisions.insert(revision)
        try tx.addEvent(
            NewEvent(code: "template.changed", object: template.text, operation: claim.deed.operation.text, at: now))
        return Output(template: template, revision: number, image: image)
    }
}

extension SaveAsTemplate: LeavesRemains {
    /// Until the image is whole.
    func remains(in tx: any StoreTransaction, of run: RunRecord) throws -> Remains? {
        guard let row = try tx.images.find(image), row.state == .importing else { return nil }
        return Remains(saving: .init(image: image, template: name == nil ? nil : template))
    }
}
