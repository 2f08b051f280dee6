// SPDX-License-Identifier: Apache-2.0

/// One step before it is done.
struct StepPlan<Output: Codable & Sendable>: Sendable {
    let name: String
    let work: @Sendable (StepKey) async throws -> Output
    var observe: (@Sendable (StepKey) async throws -> Observation<Output>)?
    let undo: Undo
}

extension StepPlan where Output == Nothing {
    init(name: String, work: @escaping @Sendable (StepKey) async throws -> Void, undo: Undo) {
        self.init(
            name: name,
            work: { key in
                try await work(key)
                return Nothing()
            }, undo: undo)
    }
}

/// How a step is taken back.
enum Undo: Sendable {
    case effect(@Sendable (StepKey) async throws -> Void)
    case irreversible(String)

    /// Why there is no way back; nil where there is one.
    var reason: String? { if case .irreversible(let reason) = self { reason } else { nil } }
}

/// How a registered step or commit is taken back.
enum RegisteredUndo<Transaction>: Sendable {
    case effect(@Sendable (StepKey) async throws -> Void)
    case transaction(@Sendable (Transaction) throws -> Void)
    case irreversible(String)
}
