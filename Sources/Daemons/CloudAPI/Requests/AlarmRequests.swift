// SPDX-License-Identifier: Apache-2.0

/// `PUT /v1/alarms/{id}/cleared`.
public struct ClearAlarmRequest: APIRequest, Hashable {
    /// Of a budget, how many more may be taken away than an hour allows, as many again where it is left out; of a host, how many of those
    /// that it shows no more are gone, all where it is left out.
    public var allow: Int?

    /// A request.
    public init(allow: Int? = nil) { self.allow = allow }

    /// The declared fields.
    public static let shape = JSONShape.object([.optional("allow", .integer(0...100_000))])
}
