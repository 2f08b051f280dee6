// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

/// Lets a revision of a template no longer be made instances of; where it was the one in production, none is until another is
/// published. Instances that were made from it stay as they are.
public struct RetireRevision: CloudOperation {
    /// `template.retire-revision`
    public static let kind = "template.retire-revision"
    /// Who asks.
    public let principal: Principal
    /// Which template.
    public let template: ID<TemplateKind>
    /// The number of the revision.
    public let number: Int
    /// The template's id.
    public var object: String { template.text }

    /// Retires a revision for a principal.
    public init(by principal: Principal, template: ID<TemplateKind>, number: Int) {
        self.principal = principal
        self.template = template
        self.number = number
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let deed = Deed(verb: .retireRevision, object: template.text, actor: principal.user, operation: try flow.run.operation())
        return try await flow.end("retire", irreversible: "nothing follows it; publishing another is the way back") { tx in
            let now = world.clock.now()
            let row = try tx.templates.get(template)
            try tx.require(principal, .retireRevision, on: template.text, owner: row.owner, at: now)
            guard var revision = try tx.revisions.rows.find(key: "\(template)/\(number)") else {
                throw CloudError(.notFound, ["object": "\(template)/\(number)"])
            }
            try tx.note(deed, ["revision": String(number)], at: now)
            guard revision.state != .retired else { return }
            // Its revisions are shown with the template, so its version is theirs too.
            try tx.templates.change(template) { if $0.production == number { $0.production = nil } }
            revision.state = .retired
            try tx.revisions.update(revision)
            try tx.tell("template.changed", deed, at: now)
        }
    }
}
