// SPDX-License-Identifier: Apache-2.0

/// `POST /v1/instances/{id}/checkpoints`.
public struct CheckpointRequest: APIRequest, Hashable {
    /// Unique among the instance's checkpoints.
    public var name: String
    /// Whether the memory of a guest that runs is kept too; false where it is left out.
    public var memory: Bool?

    /// A request.
    public init(name: String, memory: Bool? = nil) {
        self.name = name
        self.memory = memory
    }

    /// The declared fields.
    public static let shape = JSONShape.object([.required("name", .string), .optional("memory", .boolean)])
}
