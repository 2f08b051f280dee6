// SPDX-License-Identifier: Apache-2.0

/// A refusal or a failure as a value: what is wrong, with the figures that its sentence needs.
///
/// The sentences (in each language, for what is wrong, why, and what to do next) are in the catalogue at the edge; `detail` is for
/// logs and never leaves the daemon. Adapters translate the errors of foreign systems into this type at their border.
public struct CloudError: Error, Hashable, Sendable, Codable {
    /// Which refusal.
    public let code: ErrorCode
    /// What the sentence needs, by name: ids, names, figures, never a secret.
    public let parameters: [String: String]
    /// For the log only, for example libvirt's own words.
    public let detail: String?

    /// A refusal with its figures.
    public init(_ code: ErrorCode, _ parameters: [String: String] = [:], detail: String? = nil) {
        self.code = code
        self.parameters = parameters
        self.detail = detail
    }
}

extension CloudError: CustomStringConvertible {
    /// For logs: code, sorted parameters, detail.
    public var description: String {
        let figures = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        return [code.rawValue, figures, detail.map { "(\($0))" } ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
    }
}

/// An answer that never came: the effect may or may not have happened. It is observed before anything else, and never called failed.
public struct OutcomeUnknown: Error, Sendable, CustomStringConvertible {
    /// For the log: which call, and what was heard last.
    public let description: String
    /// An unknown outcome of a call.
    public init(_ description: String) { self.description = description }
}
