// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Values to journal texts and back: sorted keys, so that equal values are equal texts; secrets through the sealer.
struct JournalCoding: Sendable {
    let sealer: (any Sealer)?

    func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if let key = Secret.sealerKey { encoder.userInfo[key] = sealer }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        let decoder = JSONDecoder()
        if let key = Secret.sealerKey { decoder.userInfo[key] = sealer }
        return try decoder.decode(type, from: Data(text.utf8))
    }
}
