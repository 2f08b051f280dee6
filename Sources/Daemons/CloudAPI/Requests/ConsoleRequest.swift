// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// `POST /v1/instances/{id}/console`.
public struct ConsoleRequest: APIRequest, Hashable {
    /// Which of its consoles.
    public var kind: ConsoleKind

    /// A request.
    public init(kind: ConsoleKind) { self.kind = kind }

    /// The declared fields.
    public static let shape = JSONShape.object([.required("kind", .word(of: ConsoleKind.self))])
}
