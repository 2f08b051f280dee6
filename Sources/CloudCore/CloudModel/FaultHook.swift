// SPDX-License-Identifier: Apache-2.0

/// Where a simulated part stands with one call when it asks its ``FaultHook``.
public enum EffectPhase: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing has happened yet: what is thrown here means that the call never arrived.
    case before
    /// The effect is there and kept: what is thrown here means that the answer was lost.
    case after
}

/// What a simulated host, fabric or store asks around each of its effects, so that a test can make it slow, refuse or end the
/// manager there. Called with the ability's call (`overlay.ensure`), the subject's id and the phase. It may suspend on a simulated
/// clock, and may throw a ``CloudError`` (a refusal), an ``OutcomeUnknown`` (a lost answer) or anything else (the manager ends).
public typealias FaultHook = @Sendable (_ call: String, _ subject: String, _ phase: EffectPhase) async throws -> Void
