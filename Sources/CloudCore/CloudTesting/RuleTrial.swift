// SPDX-License-Identifier: Apache-2.0

/// One rule under trial: what was seen instead of what should be true becomes a ``ContractViolation``.
protocol RuleTrial: Sendable {
    /// What should be true.
    var sentence: String { get }
}

extension RuleTrial {
    func expect(_ holds: Bool, _ detail: @autoclosure () -> String) throws {
        if !holds { throw ContractViolation(rule: sentence, detail: detail()) }
    }

    func expect<Value: Equatable>(_ value: Value, is expected: Value, _ what: String) throws {
        try expect(value == expected, "\(what): \(value) instead of \(expected)")
    }

    /// Runs something that must throw exactly this.
    func expect<Refusal: Error & Equatable>(_ refusal: Refusal, _ body: () async throws -> Void) async throws {
        try await expect(String(describing: refusal)) {
            $0 as? Refusal == refusal
        } from: {
            try await body()
        }
    }

    /// Runs something that must throw what fits.
    func expect(_ what: String, fits: (any Error) -> Bool, from body: () async throws -> Void) async throws {
        do { try await body() } catch {
            try expect(fits(error), "\(error) instead of \(what)")
            return
        }
        throw ContractViolation(rule: sentence, detail: "nothing was thrown instead of \(what)")
    }
}
