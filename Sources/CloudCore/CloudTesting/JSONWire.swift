// SPDX-License-Identifier: Apache-2.0

import CloudModel
import FoundationEssentials

/// What a value looks like after it went over a wire.
enum JSONWire {
    /// Encodes and decodes.
    static func copy<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode([Value].self, from: JSONEncoder().encode([value]))[0]
    }

    /// Lets refusals pass as JSON and lost answers as text; anything else is no error that a wire can carry.
    static func errors<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let refusal as CloudError { throw try copy(refusal) } catch let lost as OutcomeUnknown {
            throw OutcomeUnknown(try copy(lost.description))
        }
    }
}
