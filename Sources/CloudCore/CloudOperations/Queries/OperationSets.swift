// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudWorkflow
import Foundation

extension RunRecord {
    /// The objects of a verb over a set, as its output names them; empty for verbs of one object, and until there is an output.
    var set: [String] {
        let output = Data((output ?? "").utf8)
        // An output that is not one names nothing, here as in the answer.
        do {
            switch kind {
            case CreateInstances.kind: return try JSONDecoder().decode([String].self, from: output)
            case RenewInstances.kind: return try JSONDecoder().decode([RenewInstances.Member].self, from: output).map(\.instance.text)
            default: return []
            }
        } catch { return [] }
    }
}
