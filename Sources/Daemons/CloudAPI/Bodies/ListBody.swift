// SPDX-License-Identifier: Apache-2.0

/// One page of a list. More follow where the answer has `Link: <…>; rel="next"`.
public struct ListBody<Item: Codable & Sendable>: Codable, Sendable {
    /// The things, in the list's order.
    public var items: [Item]
    /// The cursor of the next page, opaque; nil on the last.
    public var next: String?
    /// A page.
    public init(items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }
}
extension ListBody: Equatable where Item: Equatable {}

/// How lists are asked for.
public enum ListLimits {
    /// Items of a page where no `limit` is given.
    public static let standard = 100
    /// The largest `limit`.
    public static let largest = 500
}
