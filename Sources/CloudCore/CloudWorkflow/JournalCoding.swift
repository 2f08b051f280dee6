// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Values to journal texts and back: sorted keys, so that equal values are equal texts; secrets through the sealer.
struct JournalCoding: Sendable {
    private let encoder = JSONEncoder()
    private let decoder = JSONDecoder()

    init(sealer: (any Sealer)?) {
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let key = Secret.sealerKey else { return }
        encoder.userInfo[key] = sealer
        decoder.userInfo[key] = sealer
    }

    /// For values without secrets: one that holds any cannot be read by it.
    static let withoutSecrets = JournalCoding(sealer: nil)

    func text(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }

    func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        do { return try decoder.decode(type, from: Data(text.utf8)) } catch {
            throw JournalUnreadable(what: "\(type)", underlying: error)
        }
    }
}

extension RunRecord {
    /// What was asked for. Throws ``JournalUnreadable`` where it is of another kind, or holds a secret.
    public func operation<Operation: JournaledOperation>(as type: Operation.Type) throws -> Operation {
        try JournalCoding.withoutSecrets.value(type, from: input)
    }
}

extension JournalEntry {
    /// What the step or commit gave. Throws ``JournalUnreadable`` where it is of another type, or holds a secret.
    public func value<Value: Decodable>(as type: Value.Type) throws -> Value { try JournalCoding.withoutSecrets.value(type, from: output) }
}

/// A text of the journal is not what this code would have written, or was sealed with another key. The run is put aside as stuck:
/// no repeat by itself can cure it, and it must not hold up others.
public struct JournalUnreadable: Error {
    /// What was expected there.
    let what: String
    let underlying: any Error

    var failure: RunFailure { RunFailure(code: "replay-mismatch", parameters: ["expected": what], detail: "\(underlying)") }
}
