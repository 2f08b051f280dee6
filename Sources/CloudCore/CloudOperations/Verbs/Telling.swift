// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Hypervisor

/// What became of telling an agent something that it is told until it answers, as a step's output.
enum Telling: Codable, Sendable {
    /// It answered. Written as `{}`, which is what journals say that were written before guests could end in doubt.
    case told
    /// The guest ended before an answer came: it may have been told, and answers nobody any more.
    case guestEnded

    private struct Written: Codable { let guestEnded: Bool? }

    init(from decoder: any Decoder) throws {
        self = try Written(from: decoder).guestEnded == true ? .guestEnded : .told
    }

    func encode(to encoder: any Encoder) throws {
        try Written(guestEnded: self == .guestEnded ? true : nil).encode(to: encoder)
    }
}

extension World {
    /// What a telling is asked for whose answer was lost: a guest that has ended is told no more, and one that is up is told again.
    func telling(of claim: InstanceClaim) async throws -> Observation<Telling> {
        try await hasEnded(claim.instance, on: claim.host) ? .done(.guestEnded) : .notDone
    }
}
