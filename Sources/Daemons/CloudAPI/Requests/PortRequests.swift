// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// `POST /v1/instances/{id}/attach-port`.
public struct AttachPortRequest: APIRequest, Hashable {
    /// On which network.
    public var network: ID<NetworkKind>
    /// Its host name there; chosen where it is left out.
    public var hostname: String?

    /// A request.
    public init(network: ID<NetworkKind>, hostname: String? = nil) {
        self.network = network
        self.hostname = hostname
    }

    /// The declared fields.
    public static let shape = JSONShape.object([.required("network", .string), .optional("hostname", .string)])
}

/// `POST /v1/instances/{id}/detach-port`.
public struct DetachPortRequest: APIRequest, Hashable {
    /// Which of its ports.
    public var port: ID<PortKind>

    /// A request.
    public init(port: ID<PortKind>) { self.port = port }

    /// The declared fields.
    public static let shape = JSONShape.object([.required("port", .string)])
}
