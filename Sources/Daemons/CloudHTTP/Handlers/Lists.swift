// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations

// What the routes of lists have in common.

extension Request {
    /// The names that every paged list understands.
    static let paging = ["cursor", "limit"]

    /// Which list is asked for: its address and all parameters, in order, that say what is in it.
    private var list: String {
        let chosen = query.filter { !Self.paging.contains($0.key) }.sorted { $0.key < $1.key }
        return ([path] + chosen.map { "\($0.key)=\($0.value)" }).joined(separator: "&")
    }
    private var path: String { target.split(separator: " ").last.map(String.init) ?? "" }

    /// Where the page begins; nil for the first.
    func place() throws(CloudError) -> String? {
        guard let cursor = query["cursor"] else { return nil }
        return try Cursor.place(cursor, of: list)
    }

    /// A page as an answer, with the address of the next one.
    func page<Element, Item: Codable & Sendable>(_ page: Page<Element>, _ item: (Element) throws -> Item) throws -> Answer {
        try list(try page.elements.map(item), next: page.next)
    }

    /// Items as an answer, with the address of the next page.
    func list<Item: Codable & Sendable>(_ items: [Item], next: String? = nil) throws -> Answer {
        let cursor = next.map { Cursor.text($0, of: list) }
        var answer = try Answer.json(ListBody(items: items, next: cursor))
        if let cursor {
            let others = query.filter { $0.key != "cursor" }.sorted { $0.key < $1.key }
            let parts = (others + [(key: "cursor", value: cursor)]).map { "\($0.key)=\(Percent.encoded($0.value))" }
            answer.fields["Link"] = "<\(path)?\(parts.joined(separator: "&"))>; rel=\"next\""
        }
        return answer
    }
}
