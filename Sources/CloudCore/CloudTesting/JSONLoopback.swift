// SPDX-License-Identifier: Apache-2.0

import CloudModel
import FoundationEssentials

/// Sends values through JSON and back, as a host behind a socket would. A loopback of an ability wraps each argument, each result and
/// each refusal in it; what does not survive was not written for a distance.
public enum JSONLoopback {
    /// The value as it arrives on the other side.
    public static func through<Value: Codable>(_ value: Value) throws -> Value {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try JSONDecoder().decode(Value.self, from: encoder.encode(value))
    }

    /// A call whose result and whose refusal travel: a ``CloudError`` arrives equal, without its `detail`, which never leaves;
    /// any other error passes as it is, for it never was an answer.
    public static func call<Value: Codable>(_ body: () async throws -> Value) async throws -> Value {
        do { return try through(await body()) } catch let refusal as CloudError {
            throw try through(CloudError(refusal.code, refusal.parameters))
        }
    }

    /// As ``call(_:)-(()->Value)``, for a call without a result.
    public static func call(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let refusal as CloudError { throw try through(CloudError(refusal.code, refusal.parameters)) }
    }
}
