// SPDX-License-Identifier: Apache-2.0

import Access
import CloudModel
import CloudStore

extension StoreView {
    /// The revision of a number, or the one in production, for a principal: whoever works on the template (operator level) may have any,
    /// everybody else only the one in production. Throws `not-found` where there is none, or none for them, and `not-published` where the
    /// one in production was asked for and there is none.
    func revision(_ number: Int?, of template: Template, for principal: Principal, at now: Timestamp) throws -> TemplateRevision {
        let missing = CloudError(.notFound, ["object": number.map { "\(template.id)/\($0)" } ?? template.id.text])
        guard let asked = number ?? template.production else { throw try notPublished(template, for: principal, at: now) }
        if asked != template.production {
            guard try worksOn(template, principal, at: now) else { throw missing }
        }
        guard let revision = try revisions.find(key: "\(template.id)/\(asked)") else { throw missing }
        return revision
    }

    private func worksOn(_ template: Template, _ principal: Principal, at now: Timestamp) throws -> Bool {
        let facts = try accessFacts(of: template.id.text, owner: template.owner)
        return Access.level(of: principal, on: facts, at: now).map { $0 >= .operator } ?? false
    }

    /// Names the drafts to those who may have them.
    private func notPublished(_ template: Template, for principal: Principal, at now: Timestamp) throws -> CloudError {
        var drafts = "none that you may have"
        if try worksOn(template, principal, at: now) {
            let rows = try revisions.all(.equals(.template, .id(template.id))).filter { $0.state == .draft }
            drafts = rows.map(\.number).sorted().map(String.init).joined(separator: ", ")
            // Only one that is published again is launched without its number.
            if rows.isEmpty { drafts = "none, its revisions are retired" }
        }
        return CloudError(.notPublished, ["template": template.id.text, "drafts": drafts])
    }

    /// The number of a template's next revision.
    func nextRevision(of template: ID<TemplateKind>) throws -> Int {
        let newest = Query<TemplateRevision>(.equals(.template, .id(template)), order: .number, descending: true, limit: 1)
        return (try revisions.list(newest).first?.number ?? 0) + 1
    }
}

extension StoreTransaction {
    /// Takes back a template that was made for a revision that does not come. It stays where another has put a revision into it since.
    /// Gives whether it is gone.
    @discardableResult func deleteUnused(_ template: ID<TemplateKind>) throws -> Bool {
        guard try revisions.first(.equals(.template, .id(template))) == nil else { return false }
        try templates.delete(template)
        return true
    }
}
