// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

/// Gives an instance another name, description or tags, and changes nothing else: no host is asked, no lease renewed, and whatever is at
/// work on the instance goes on. Its host sees the new name when it starts next.
public struct UpdateInstance: CloudOperation {
    /// What is to be; nil leaves as it is.
    public struct Change: Codable, Hashable, Sendable {
        /// The name, unique among the owner's living instances.
        public var name: DisplayName?
        /// The description; empty for none.
        public var description: Description?
        /// The tags; an empty list for none. At most ``CloudModel/Tag/most``.
        public var tags: [Tag]?
        /// A change.
        public init(name: DisplayName? = nil, description: Description? = nil, tags: [Tag]? = nil) {
            self.name = name
            self.description = description
            self.tags = tags
        }
    }

    /// `instance.update`
    public static let kind = "instance.update"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// What is to be.
    public let change: Change
    /// The instance's id.
    public var object: String { instance.text }

    /// Updates an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, change: Change) {
        self.principal = principal
        self.instance = instance
        self.change = change
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let deed = Deed(verb: .update, object: instance.text, actor: principal.user, operation: try flow.run.operation())
        return try await flow.end("update", irreversible: "nothing follows it; another update is the way back") { tx in
            let now = world.clock.now()
            var row = try tx.instance(instance, for: .update, by: principal, at: now)
            let before = row
            if let name = change.name { row.name = name }
            if let description = change.description { row.description = description }
            if let tags = change.tags { row.tags = Set(tags).sorted() }
            guard row.tags.count <= Tag.most else {
                throw CloudError(.invalidField, ["pointer": "/tags", "reason": "an object has at most \(Tag.most) tags"])
            }
            // What is asked for again is there already, and no news.
            guard row != before else { return Nothing() }
            do { try tx.instances.update(row) } catch is UniqueViolation {
                let proposal = try tx.freeName(like: row.name, of: row.owner) ?? ""
                throw CloudError(.nameTaken, ["name": row.name.text, "proposal": proposal])
            }
            try tx.note(deed, row.name == before.name ? [:] : ["name": row.name.text, "before": before.name.text], at: now)
            try tx.tell("instance.changed", deed, at: now)
            return Nothing()
        }
    }
}

extension StoreTransaction {
    /// Whether no living instance of an owner has the name.
    func isFree(_ name: String, of owner: ID<UserKind>) throws -> Bool {
        try instances.first(.equals(.owner, .id(owner)), .equals(.name, .text(name)), .equals(.alive, .integer(1))) == nil
    }

    /// A free name like one that is taken; nil where the first hundred are taken too.
    func freeName(like name: DisplayName, of owner: ID<UserKind>) throws -> String? {
        try (2...99).lazy.map { "\(name.text.prefix(115))-\($0)" }.first { try isFree($0, of: owner) }
    }
}
