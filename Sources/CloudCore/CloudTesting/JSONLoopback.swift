// SPDX-License-Identifier: Apache-2.0

import CloudModel
import FoundationEssentials

/// Sends values through JSON and back, as a host behind a socket would. A loopback of an ability wraps each argument, each result and
/// each refusal in it; what does not survive was not written for a distance.
public enum JSONLoopback {
    /// The value as it arrives on the other side.
    public static func through<Value: Codable>(_ value: Value) throws -> Value {
        // In an array, because a value may be one that JSON does not take alone.
        let copies = try JSONDecoder().decode([Value].self, from: JSONEncoder().encode([value]))
        return copies[0]
    }

    /// A call whose result and whose refusal travel: a ``CloudModel/CloudError`` arrives equal, without its `detail`, which never
    /// leaves; a lost answer arrives as one that was lost, known by its words only; any other error passes as it is, for it never was
    /// an answer.
    public static func call<Value: Codable>(_ body: () async throws -> Value) async throws -> Value {
        try through(await translating(body))
    }

    /// As ``call(_:)-(()->Value)``, for a call without a result.
    public static func call(_ body: () async throws -> Void) async throws { try await translating(body) }

    private static func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let refusal as CloudError {
            throw try through(CloudError(refusal.code, refusal.parameters))
        } catch let lost as OutcomeUnknown { throw OutcomeUnknown(try through(lost.description)) }
    }
}
