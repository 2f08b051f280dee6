// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Foundation

// Requests under a key of the caller's are done once: what was answered is kept for a day, in the transaction of the effect.

extension Cloud {
    /// An Idempotency-Key with what it stood for.
    public struct RequestKey: Sendable, Hashable {
        /// The caller's key, at most 200 characters.
        public let key: String
        /// A hash of method, path and body.
        public let bodyHash: String
        /// A key for a body.
        public init(key: String, bodyHash: String) {
            self.key = key
            self.bodyHash = bodyHash
        }

        /// The key of its row: two people's keys never meet.
        func row(of principal: Principal) -> String { "\(principal.user)/\(key)" }

        func check() throws(CloudError) {
            guard (1...200).contains(key.count) else {
                throw CloudError(.invalidField, ["pointer": "Idempotency-Key:", "reason": "a key has 1 to 200 characters"])
            }
        }
    }

    /// What a request gave, and whether an earlier one under the same key gave it.
    public struct Answered<Value: Sendable>: Sendable {
        /// What was made.
        public let value: Value
        /// Whether this is the answer of an earlier request.
        public let repeated: Bool
    }

    /// How long answers are kept.
    static var answersKept: Duration { .seconds(86_400) }

    /// Changes records, once under a key: a repeat with the same body gives the first answer, with another body it is
    /// `idempotency-mismatch`. The answer is kept in the transaction of the change; secrets in it are sealed.
    func once<Value: Codable & Sendable>(
        _ key: RequestKey?, by principal: Principal, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Answered<Value> {
        try key?.check()
        let (now, world) = (world.clock.now(), world)
        return try await world.store.write { tx in
            guard let key else { return Answered(value: try body(tx), repeated: false) }
            if let row = try tx.remembered(key, principal, at: now) {
                guard let answer = row.answer else { throw CloudError(.idempotencyMismatch, ["key": key.key]) }
                return Answered(value: try world.open(Value.self, answer), repeated: true)
            }
            let value = try body(tx)
            try tx.rememberedRequests.insert(
                RememberedRequest(id: key.row(of: principal), bodyHash: key.bodyHash, answer: try world.seal(value), at: now))
            return Answered(value: value, repeated: false)
        }
    }

    /// The answer to a verb that was begun under a key; nil for a new one.
    func remembered(_ key: RequestKey, _ principal: Principal) async throws -> Submitted? {
        try key.check()
        let now = world.clock.now()
        return try await world.store.write { tx in
            guard let row = try tx.remembered(key, principal, at: now) else { return nil }
            guard let operation = row.operation else { throw CloudError(.idempotencyMismatch, ["key": key.key]) }
            return Submitted(operation: operation, object: row.object, repeated: true)
        }
    }
}

extension StoreTransaction {
    /// What is kept under a key; nil where nothing is, or no longer. Throws `idempotency-mismatch` where it stood for another request.
    func remembered(_ key: Cloud.RequestKey, _ principal: Principal, at now: Timestamp) throws -> RememberedRequest? {
        guard let row = try rememberedRequests.rows.find(key: key.row(of: principal)) else { return nil }
        guard row.at > now - Cloud.answersKept else {
            try delete(RememberedRequest.self, row.id)
            return nil
        }
        guard row.bodyHash == key.bodyHash else { throw CloudError(.idempotencyMismatch, ["key": key.key]) }
        return row
    }
}

extension World {
    fileprivate func seal(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if let key = Secret.sealerKey { encoder.userInfo[key] = sealer }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    fileprivate func open<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        let decoder = JSONDecoder()
        if let key = Secret.sealerKey { decoder.userInfo[key] = sealer }
        return try decoder.decode(type, from: Data(text.utf8))
    }
}
