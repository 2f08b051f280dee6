// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import Crypto

// What the routes of verbs have in common: begin an operation, and answer with it.

extension CloudService {
    /// Begins a verb, of the version that If-Match names: 202 with the operation and its place, or, under an Idempotency-Key that was used
    /// before, the answer of then.
    func begin(_ operation: some CloudOperation, _ request: Request) async throws -> Answer {
        let submitted = try await cloud.submit(operation, key: key(of: request), seen: request.seen())
        let view = try await cloud.operation(submitted.operation, for: try request.principal())
        var fields: Fields = ["Location": "/v1/operations/\(submitted.operation)"]
        if submitted.repeated { fields["Idempotency-Replayed"] = "true" }
        return try .json(OperationBody(view, in: request.language), status: 202, fields: fields)
    }

    /// Begins a verb of one instance.
    func act(_ request: Request, _ operation: (Principal, ID<InstanceKind>) -> some CloudOperation) async throws -> Answer {
        _ = try request.decode(EmptyRequest.self)
        let id: ID<InstanceKind> = try request.id()
        return try await begin(operation(try request.principal(), id), request)
    }

    /// The answer to what was made at once: 201, marked where an earlier request under the same key made it.
    func made(_ answer: Answer, repeated: Bool) -> Answer {
        var answer = answer
        answer.status = 201
        if repeated { answer.fields["Idempotency-Replayed"] = "true" }
        return answer
    }

    /// The Idempotency-Key with what it stands for; of a body that is a stream only method and path are in the hash. Throws
    /// `invalid-field` for several.
    func key(of request: Request) throws(CloudError) -> Cloud.RequestKey? {
        guard let key = request.fields["Idempotency-Key"] else { return nil }
        guard request.fields.count(of: "Idempotency-Key") == 1 else {
            throw CloudError(.invalidField, header: "Idempotency-Key", "one key is due here, not several")
        }
        var hash = SHA256()
        hash.update(data: Array(request.target.utf8))
        hash.update(data: [0])
        hash.update(data: request.body)
        return Cloud.RequestKey(key: key, bodyHash: BearerToken.hexadecimal(hash.finalize()))
    }
}
