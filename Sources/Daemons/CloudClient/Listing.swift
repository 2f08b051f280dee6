// SPDX-License-Identifier: Apache-2.0

import CloudAPI

/// A list of the API, read page by page while one goes through it. Every pass begins anew.
public struct Listing<Item: Codable & Sendable>: AsyncSequence, Sendable {
    /// An item with its JSON.
    public typealias Element = Received<Item>

    let client: CloudClient
    let path: String
    let query: [(name: String, value: String?)]
    let pageSize: Int?

    /// One page; `cursor` is the `next` of the page before, nil for the first. Throws ``ClientError``.
    public func page(after cursor: String? = nil) async throws -> (items: [Received<Item>], next: String?) {
        let parts = query.map { ($0.name, $0.value) } + [("limit", pageSize.map(String.init)), ("cursor", cursor)]
        let received = try await client.get(ListBody<Item>.self, path, parts)
        guard case .array(let texts)? = received.json["items"], texts.count == received.value.items.count else {
            throw ClientError.unexpected(status: 200, reason: "the list at \(path) has no items")
        }
        return (zip(received.value.items, texts).map { Received($0, json: $1) }, received.value.next)
    }

    /// All items. Throws ``ClientError``.
    public func all() async throws -> [Received<Item>] {
        var items: [Received<Item>] = []
        for try await item in self { items.append(item) }
        return items
    }

    /// A pass from the first page on.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(listing: self) }

    /// Where a pass is.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let listing: Listing
        var items: ArraySlice<Received<Item>> = []
        var cursor: String?
        var begun = false

        init(listing: Listing) { self.listing = listing }

        /// The next item; nil behind the last. Throws ``ClientError``.
        public mutating func next() async throws -> Received<Item>? {
            while items.isEmpty {
                if begun, cursor == nil { return nil }
                let page = try await listing.page(after: cursor)
                guard !begun || page.next != cursor else {
                    throw ClientError.unexpected(status: 200, reason: "the list at \(listing.path) leads in a circle")
                }
                (items, cursor, begun) = (page.items[...], page.next, true)
            }
            return items.popFirst()
        }
    }
}

extension CloudClient {
    /// A list of the API; for routes that page, pages of the largest size.
    func list<Item: Codable & Sendable>(
        _ type: Item.Type, _ path: String, _ query: [(name: String, value: String?)] = [], paged: Bool = true
    ) -> Listing<Item> {
        Listing(client: self, path: path, query: query, pageSize: paged ? ListLimits.largest : nil)
    }
}
