// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations

extension Route {
    /// Ports of instances on networks.
    static let instancePorts: [Route] = [
        Route("attachPort", .post, "/v1/instances/{id}/attach-port", verb: .attachPort, body: .json) { service, request in
            let body = try request.decode(AttachPortRequest.self)
            let instance: ID<InstanceKind> = try request.id()
            let operation = AttachPort(
                by: try request.principal(), instance: instance, port: service.cloud.world.ids.next(PortKind.self), network: body.network,
                hostname: try body.hostname.map { try DNSLabel($0) })
            return try await service.begin(operation, request)
        },
        Route("detachPort", .post, "/v1/instances/{id}/detach-port", verb: .detachPort, body: .json) { service, request in
            let body = try request.decode(DetachPortRequest.self)
            let instance: ID<InstanceKind> = try request.id()
            let operation = DetachPort(by: try request.principal(), instance: instance, port: body.port)
            return try await service.begin(operation, request)
        },
    ]
}
