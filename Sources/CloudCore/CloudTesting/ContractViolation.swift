// SPDX-License-Identifier: Apache-2.0

/// An adapter broke a rule of the ability that it implements. Thrown by the contract suites, which know no test framework, so that
/// an implementer runs them from whichever they use.
public struct ContractViolation: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule, as a sentence that should have been true.
    public let rule: String
    /// What was seen instead.
    public let detail: String

    /// A violation of a rule.
    public init(rule: String, detail: String) {
        self.rule = rule
        self.detail = detail
    }

    /// For the test's report.
    public var description: String { "broken rule: \(rule) (\(detail))" }
}
