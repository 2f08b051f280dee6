// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

/// Lets a revision of a template be the one that instances are made from; the one that was is retired. Where the template is shared with
/// others it needs the permission to publish templates.
public struct PublishRevision: CloudOperation {
    /// `template.publish-revision`
    public static let kind = "template.publish-revision"
    /// Who asks.
    public let principal: Principal
    /// Which template.
    public let template: ID<TemplateKind>
    /// The number of the revision.
    public let number: Int
    /// The template's id.
    public var object: String { template.text }

    /// Publishes a revision for a principal.
    public init(by principal: Principal, template: ID<TemplateKind>, number: Int) {
        self.principal = principal
        self.template = template
        self.number = number
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let deed = Deed(verb: .publishRevision, object: template.text, actor: principal.user, operation: try flow.run.operation())
        return try await flow.end("publish", irreversible: "nothing follows it; publishing another is the way back") { tx in
            let now = world.clock.now()
            let row = try tx.templates.get(template)
            try tx.require(principal, .publishRevision, on: template.text, owner: row.owner, at: now)
            guard var revision = try tx.revisions.rows.find(key: "\(template)/\(number)") else {
                throw CloudError(.notFound, ["object": "\(template)/\(number)"])
            }
            try tx.note(deed, ["revision": String(number)], at: now)
            guard revision.state != .production else { return }
            let isShared = try !tx.grants.all(.equals(.object, .id(template))).isEmpty
            guard !isShared || principal.holds(.publishTemplate) else {
                throw CloudError(
                    .denied, ["verb": deed.verb.rawValue, "object": template.text, "needed": Permission.publishTemplate.rawValue])
            }
            if let before = row.production {
                try tx.revisions.rows.find(key: "\(template)/\(before)").map { old in
                    var old = old
                    old.state = .retired
                    try tx.revisions.update(old)
                }
            }
            revision.state = .production
            try tx.revisions.update(revision)
            try tx.templates.change(template) { $0.production = number }
            try tx.tell("template.changed", deed, at: now)
        }
    }
}
