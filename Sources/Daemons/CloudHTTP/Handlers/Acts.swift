// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import Crypto

// What the routes of verbs have in common: begin an operation, and answer with it.

extension CloudService {
    /// Begins a verb: 202 with the operation and its place, or, under an Idempotency-Key that was used before, the answer of then.
    func begin(_ operation: some CloudOperation, _ request: Request) async throws -> Answer {
        let submitted = try await cloud.submit(operation, key: key(of: request))
        let view = try await cloud.operation(submitted.operation, for: try request.principal())
        var fields: Fields = ["Location": "/v1/operations/\(submitted.operation)"]
        if submitted.repeated { fields["Idempotency-Replayed"] = "true" }
        return try .json(OperationBody(view, in: request.language), status: 202, fields: fields)
    }

    /// Begins a verb of one instance, of the version that If-Match names.
    func act(_ request: Request, _ operation: (Principal, ID<InstanceKind>) -> some CloudOperation) async throws -> Answer {
        _ = try request.decode(EmptyRequest.self)
        return try await begin(operation(try request.principal(), try await matched(request)), request)
    }

    /// The instance of the path, if If-Match lets the call through. Between this look and the verb's own transaction the row may
    /// change; the verb decides by the state it finds then.
    func matched(_ request: Request) async throws -> ID<InstanceKind> {
        let id: ID<InstanceKind> = try request.id()
        guard let header = request.fields["If-Match"] else { return id }
        let view = try await cloud.instance(id, for: try request.principal())
        try ETag.check(header, version: view.instance.version, of: id.text)
        return id
    }

    private func key(of request: Request) -> Cloud.RequestKey? {
        guard let key = request.fields["Idempotency-Key"] else { return nil }
        var hash = SHA256()
        hash.update(data: Array(request.target.utf8))
        hash.update(data: [0])
        hash.update(data: request.body)
        return Cloud.RequestKey(key: key, bodyHash: BearerToken.hexadecimal(hash.finalize()))
    }
}
