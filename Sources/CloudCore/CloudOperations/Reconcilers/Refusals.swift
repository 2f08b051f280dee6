// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Synchronization

/// What could not be begun with objects, and how long each is let alone: twice as long each time, so that one which can never be begun costs
/// next to nothing and takes no other's place. In memory: a new manager tries each anew.
final class Refusals<Kind: IDKind>: Sendable {
    private struct Refusal: Sendable {
        let error: any Error
        let count: Int
        let at: Timestamp
        let until: Timestamp
    }
    private let known = Mutex<[ID<Kind>: Refusal]>([:])
    private let first: Duration
    private let longest: Duration

    /// Nothing was refused so far.
    /// - Parameters:
    ///   - first: how long an object is let alone after its first refusal.
    ///   - longest: how long at most.
    init(first: Duration = .seconds(120), longest: Duration = .seconds(3600)) {
        self.first = first
        self.longest = longest
    }

    /// Keeps that something could not be begun once more.
    func note(_ id: ID<Kind>, because error: any Error, at now: Timestamp) {
        known.withLock { known in
            let count = min((known[id]?.count ?? 0) + 1, 16)
            known[id] = Refusal(error: error, count: count, at: now, until: now + min(longest, first * (1 << (count - 1))))
        }
    }

    /// It could be begun.
    func forget(_ id: ID<Kind>) { known.withLock { $0[id] = nil } }

    /// Those that are let alone now, and why. A clock that went back ends every wait; what nobody tried again for a day is forgotten.
    func waiting(at now: Timestamp) -> [ID<Kind>: any Error] {
        known.withLock { known in
            known = known.filter { now < $0.value.until + .seconds(86_400) }
            return known.filter { $0.value.at <= now && now < $0.value.until }.mapValues(\.error)
        }
    }
}
