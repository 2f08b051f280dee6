// SPDX-License-Identifier: Apache-2.0

import Access
import CloudModel
import CloudStore

extension StoreView {
    /// The revision of a number, or the one in production, for a principal: whoever works on the template (operator level) may have any,
    /// everybody else only the one in production. Throws `not-found` where there is none, or none for them.
    func revision(_ number: Int?, of template: Template, for principal: Principal, at now: Timestamp) throws -> TemplateRevision {
        let missing = CloudError(.notFound, ["object": number.map { "\(template.id)/\($0)" } ?? template.id.text])
        guard let asked = number ?? template.production else { throw missing }
        if asked != template.production {
            let facts = try accessFacts(of: template.id.text, owner: template.owner)
            guard let level = Access.level(of: principal, on: facts, at: now), level >= .operator else { throw missing }
        }
        guard let revision = try revisions.find(key: "\(template.id)/\(asked)") else { throw missing }
        return revision
    }

    /// The number of a template's next revision.
    func nextRevision(of template: ID<TemplateKind>) throws -> Int {
        let newest = Query<TemplateRevision>(.equals(.template, .id(template)), order: .number, descending: true, limit: 1)
        return (try revisions.list(newest).first?.number ?? 0) + 1
    }
}
