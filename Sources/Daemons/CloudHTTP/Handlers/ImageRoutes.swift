// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import ImageStore

extension Route {
    /// Uploads and images.
    static let images: [Route] = [
        Route("receiveUpload", .post, "/v1/uploads", body: .bytes) { service, request in
            let answered = try await service.cloud.receiveUpload(
                request.stream, limit: service.settings.uploadLimit,
                length: request.fields["Content-Length"].flatMap { Int64($0) }.map { ByteCount(bytes: $0) }, key: service.key(of: request),
                by: try request.principal())
            let received = answered.value
            let body = UploadBody(id: received.id, size: received.size, sha256: received.sha256)
            return service.made(try .json(body), repeated: answered.repeated)
        },
        Route("listImages", .get, "/v1/images", query: Request.paging) { service, request in
            let page = try await service.cloud.list(
                Image.self, for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { ImageBody($0) }
        },
        Route("importImage", .post, "/v1/images", verb: .importImage, body: .json) { service, request in
            let body = try request.decode(ImportImageRequest.self)
            if let hash = body.sha256, hash.utf8.count != 64 || !hash.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) {
                let reason = "a SHA-256 is 64 lower-case hexadecimal digits"
                throw CloudError(.invalidField, ["pointer": "/sha256", "reason": reason])
            }
            let operation = ImportImage(
                by: try request.principal(), image: service.cloud.world.ids.next(ImageKind.self), name: try APICoding.name(body.name),
                upload: body.upload, format: body.format, sha256: body.sha256, group: body.group, host: try service.firstHost())
            return try await service.begin(operation, request)
        },
        Route("getImage", .get, "/v1/images/{id}") { service, request in
            let id: ID<ImageKind> = try request.id()
            let image = try await service.cloud.find(Image.self, id.text, for: try request.principal())
            return try .object(ImageBody(image), version: image.version)
        },
    ]
}

extension CloudService {
    /// The host whose store takes what is imported: uploads lie there too.
    func firstHost() throws(CloudError) -> ID<HostKind> {
        guard let host = cloud.world.hosts.ids.first else { throw CloudError(.unavailable, ["part": "image store"]) }
        return host
    }
}
