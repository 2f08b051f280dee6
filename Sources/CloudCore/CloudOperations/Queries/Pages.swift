// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore

extension StoreView {
    /// The records of a kind that a principal may see, in order of their ids, a page of them.
    func page<Record: OwnedRecord>(
        _ type: Record.Type, for principal: Principal, _ conditions: [Condition<Record>], after: String?, limit: Int, at now: Timestamp
    ) throws -> Page<Record> {
        var conditions = conditions
        if !principal.holds(.operateHosts) {
            conditions.append(.visible(object: Record.idColumn, subjects: principal.subjects, at: now))
        }
        return try page(type, Record.idColumn, conditions, after: after, limit: limit)
    }

    /// The rows that all conditions name, in order of their ids, a page of them: what every list is cut by. A row that cannot be read is left
    /// out.
    func page<Record: StoredRecord>(
        _ type: Record.Type, _ id: Record.Column, _ conditions: [Condition<Record>], after: String?, limit: Int
    ) throws -> Page<Record> {
        let limit = min(max(limit, 1), Cloud.pageLimit)
        return try readingOn(after: after) { cursor in
            let query = Query(conditions: conditions + (cursor.map { [.above(id, .text($0))] } ?? []), limit: limit + 1)
            do {
                let found = try list(type, query)
                return (Page(elements: Array(found.prefix(limit)), next: found.count > limit ? found[limit - 1].key : nil), nil)
            } catch let error as CloudError where error.isUnreadableRow {
                let keys = try names(query)
                let found = try readable(Query<Record>(conditions: [.isIn(id, keys.prefix(limit).map(StoreValue.text))]))
                return (Page(elements: found.rows, next: keys.count > limit ? keys[limit - 1] : nil), error)
            }
        }
    }

    /// A page of which something can be read: where nothing can, the next ones are looked at, so that what cannot be read hides nothing behind
    /// it. Throws why where nothing of a whole list can be read, for an empty list would say that there is nothing.
    /// - Parameter cut: gives the page behind a place (nil: the first), and why something of it cannot be read.
    func readingOn<Element: Sendable>(
        after place: String?, _ cut: (String?) throws -> (page: Page<Element>, unread: CloudError?)
    ) throws -> Page<Element> {
        var cursor = place
        var first: CloudError?
        while true {
            let (page, unread) = try cut(cursor)
            first = first ?? unread
            // An empty page behind one of which nothing could be read is the end of a list that said nothing.
            guard page.elements.isEmpty, let first else { return page }
            if let next = page.next { cursor = next } else if place == nil { throw first } else { return page }
        }
    }
}
