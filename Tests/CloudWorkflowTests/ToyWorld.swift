// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Synchronization

/// A refusal of a toy.
struct No: Refusal, Equatable {
    var code = "no"
    var failure: RunFailure { RunFailure(code: code) }
}

/// An answer that never came.
struct Lost: UnknownOutcome {}

/// The manager is dead.
struct Died: Error {}

/// Things outside that operations make and take away. Like a real host it counts effects and can be told to misbehave.
final class ToyWorld: Sendable {
    struct State: Sendable {
        var things: Set<String> = []
        /// How often each effect really changed something: `+disk`, `-disk`.
        var effects: [String: Int] = [:]
        /// Every call as it came: `make disk`.
        var calls: [String] = []
        var hurdles: [String: [any Error]] = [:]
        var losses: [String: Int] = [:]
    }
    private let state = Mutex(State())

    var things: Set<String> { state.withLock { $0.things } }
    var calls: [String] { state.withLock { $0.calls } }
    func effects(_ effect: String) -> Int { state.withLock { $0.effects[effect, default: 0] } }

    /// The next calls of this name throw these, before anything is done.
    func refuse(_ call: String, with errors: any Error...) { state.withLock { $0.hurdles[call, default: []] += errors } }
    /// The next calls of this name are done, and their answers are lost.
    func loseAnswers(of call: String, times: Int = 1) { state.withLock { $0.losses[call, default: 0] += times } }

    func make(_ thing: String) throws { try act("make \(thing)") { $0.insert(thing).inserted ? "+\(thing)" : nil } }
    func remove(_ thing: String) throws { try act("remove \(thing)") { $0.remove(thing) != nil ? "-\(thing)" : nil } }
    func sees(_ thing: String) throws -> Bool {
        try act("see \(thing)") { _ in nil }
        return things.contains(thing)
    }

    private func act(_ call: String, _ change: (inout Set<String>) -> String?) throws {
        try state.withLock { state in
            state.calls.append(call)
            if state.hurdles[call]?.isEmpty == false, let error = state.hurdles[call]?.removeFirst() { throw error }
            if let effect = change(&state.things) { state.effects[effect, default: 0] += 1 }
            if state.losses[call, default: 0] > 0 {
                state.losses[call, default: 0] -= 1
                throw Lost()
            }
        }
    }
}
