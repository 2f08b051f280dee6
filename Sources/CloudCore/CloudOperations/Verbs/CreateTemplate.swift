// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

/// Makes a template of an image, with its first revision in production.
public struct CreateTemplate: CloudOperation {
    /// `template.create`
    public static let kind = "template.create"
    /// Who asks.
    public let principal: Principal
    /// The template's id, chosen before.
    public let template: ID<TemplateKind>
    /// Its name.
    public let name: DisplayName
    /// What an instance of it is.
    public let recipe: Recipe
    /// The group that is charged; nil for the personal one.
    public let group: ID<GroupKind>?
    /// Who may use it besides its owner: ids of people or groups, people also by their whole login.
    public let sharedWith: [String]
    /// The template's id.
    public var object: String { template.text }

    /// What an instance of a template is.
    public struct Recipe: Codable, Hashable, Sendable {
        /// What disks lie on.
        public var image: ID<ImageKind>
        /// Virtual processors.
        public var cpus: CPUCount
        /// Memory.
        public var memory: ByteCount
        /// Size of the disk; nil for the image's own.
        public var disk: ByteCount?
        /// The network of its port.
        public var network: ID<NetworkKind>
        /// The policy of its lease.
        public var leasePolicy: ID<LeasePolicyKind>
        /// How people get in.
        public var access: AccessMethod
        /// What the agent is to it.
        public var agent: AgentUse
        /// When it is ready.
        public var readiness: Readiness
        /// What it is given to read when it boots.
        public var firstBoot: FirstBootUse

        /// A recipe.
        public init(
            image: ID<ImageKind>, cpus: CPUCount, memory: ByteCount, disk: ByteCount? = nil, network: ID<NetworkKind>,
            leasePolicy: ID<LeasePolicyKind>, access: AccessMethod = .ssh, agent: AgentUse = .required, readiness: Readiness = .agent,
            firstBoot: FirstBootUse = .none
        ) {
            self.image = image
            self.cpus = cpus
            self.memory = memory
            self.disk = disk
            self.network = network
            self.leasePolicy = leasePolicy
            self.access = access
            self.agent = agent
            self.readiness = readiness
            self.firstBoot = firstBoot
        }
    }

    /// Makes a template for a principal.
    public init(
        by principal: Principal, template: ID<TemplateKind>, name: DisplayName, recipe: Recipe, group: ID<GroupKind>? = nil,
        sharedWith: [String] = []
    ) {
        self.principal = principal
        self.template = template
        self.name = name
        self.recipe = recipe
        self.group = group
        self.sharedWith = sharedWith
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Template {
        let operation = try flow.run.operation()
        return try await flow.end("create", irreversible: "nothing follows it") { tx in
            try require(principal, .createTemplate)
            let now = world.clock.now()
            let image = try tx.images.get(recipe.image)
            try tx.require(principal, .see, on: image.id.text, owner: image.owner, at: now)
            try check(recipe, against: image)
            try tx.require(principal, .see, on: recipe.network.text, owner: tx.networks.get(recipe.network).owner, at: now)
            try tx.require(principal, .see, on: recipe.leasePolicy.text, owner: tx.leasePolicies.get(recipe.leasePolicy).owner, at: now)
            let row = Template(
                id: template, name: name, owner: principal.user, group: try tx.chargedGroup(group, of: principal), production: 1,
                createdAt: now)
            do { try tx.templates.insert(row) } catch is UniqueViolation {
                throw CloudError(.nameTaken, ["name": name.text, "proposal": "\(name.text.prefix(115))-2"])
            }
            try tx.revisions.insert(revision(of: image, at: now))
            for subject in try Set(sharedWith.map { try tx.subject($0) }).sorted() { try share(with: subject, operation, in: tx) }
            let deed = Deed(verb: .createTemplate, object: template.text, actor: principal.user, operation: operation)
            try tx.note(deed, at: now)
            try tx.tell("template.changed", deed, at: now)
            return row
        }
    }

    private func check(_ recipe: Recipe, against image: Image) throws {
        func refuse(_ pointer: String, _ reason: String) -> CloudError {
            CloudError(.invalidField, ["pointer": pointer, "reason": reason])
        }
        guard image.state == .available else { throw refuse("/image", "the image is still being imported") }
        guard (1...64).contains(recipe.cpus.count) else { throw refuse("/cpus", "an instance has 1 to 64 processors") }
        guard recipe.memory >= .mebibytes(64), recipe.memory <= .gibibytes(1024) else {
            throw refuse("/memory", "memory is 64 MiB to 1 TiB")
        }
        if let disk = recipe.disk, disk < image.virtualSize {
            throw refuse("/disk", "the disk is smaller than the image's \(image.virtualSize)")
        }
        guard recipe.access.port > 0 else { throw refuse("/access/port", "a port is 1 to 65535") }
        // It becomes part of a command that people are told to type.
        guard AccessMethod.isAccount(recipe.access.account) else {
            throw refuse("/access/account", "an account is 1 to 32 of letters, digits, “.”, “-” and “_”, the first a letter or “_”")
        }
        // What nobody could ever see would keep every start waiting to its limit.
        if recipe.readiness == .agent, recipe.agent != .required {
            throw refuse("/readiness", "a machine that may have no agent is ready by its port, or when it runs")
        }
        if recipe.readiness != .running, recipe.access.transport == .udp {
            throw refuse("/readiness", "nobody can see whether a UDP port answers: such a machine is ready when it runs")
        }
    }

    private func revision(of image: Image, at now: Timestamp) -> TemplateRevision {
        TemplateRevision(
            id: "\(template)/1", template: template, number: 1, image: image.id, cpus: recipe.cpus, memory: recipe.memory,
            disk: recipe.disk ?? image.virtualSize, network: recipe.network, leasePolicy: recipe.leasePolicy, access: recipe.access,
            agent: recipe.agent, readiness: recipe.readiness, firstBoot: recipe.firstBoot, createdAt: now)
    }

    private func share(with subject: String, _ operation: ID<OperationKind>, in tx: any StoreTransaction) throws {
        guard let id = ID<GrantKind>("\(GrantKind.prefix)-\(operation.body)\(subject.filter { $0 != "-" }.suffix(16))") else {
            throw CloudError(.notFound, ["object": subject])
        }
        try tx.grants.insert(
            Grant(id: id, object: template.text, subject: subject, level: .user, until: nil, pinned: false, grantedBy: principal.user))
    }
}

extension StoreView {
    /// The id of a person or a group that is named by it, or of a person by the whole login. Nobody is listed by that: whoever may share
    /// asks for one whom they know. Throws `not-found`.
    fileprivate func subject(_ text: String) throws -> String {
        if let id = ID<UserKind>(text), try users.find(id) != nil { return text }
        if let id = ID<GroupKind>(text), try groups.find(id) != nil { return text }
        guard User.isLogin(text), let user = try users.first(.equals(.login, .text(text))) else {
            throw CloudError(.notFound, ["object": text])
        }
        return user.id.text
    }
}
