// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// A refusal as callers get it: `application/problem+json` (RFC 9457).
public struct Problem: Hashable, Sendable, Codable {
    /// The media type.
    public static let mediaType = "application/problem+json"

    /// The address of the page about the code, relative to the daemon's.
    public let type: String
    /// A few words.
    public let title: String
    /// The HTTP status.
    public let status: Int
    /// What is wrong and why.
    public let detail: String
    /// The ``CloudModel/ErrorCode``; a string, for clients meet codes that are younger than they are.
    public let code: String
    /// What the sentence was made of.
    public let parameters: [String: String]
    /// The operation that ended so; nil where there was none.
    public let operation: String?
    /// What to do next.
    public let next: String
    /// The request's id, as the log has it; nil inside an operation.
    public let requestId: String?

    /// The problem of a refusal in a language. `status` overrides the table's, for a 409 that a precondition turns into a 412.
    public init(_ error: CloudError, in language: Language, status: Int? = nil, operation: String? = nil, requestId: String? = nil) {
        let text = ErrorCatalogue.text(of: error.code, in: language)
        type = ErrorCatalogue.type(of: error.code)
        title = text.title
        self.status = status ?? ErrorCatalogue.status(of: error.code)
        // A caller's own words come back, but not a megabyte of them.
        parameters = error.parameters.mapValues { $0.utf8.count <= 1000 ? $0 : $0.prefix(200) + "…" }
        detail = ErrorCatalogue.detail(CloudError(error.code, parameters), in: language)
        code = error.code.rawValue
        self.operation = operation
        next = ErrorCatalogue.advice(CloudError(error.code, parameters), in: language)
        self.requestId = requestId
    }
}

/// The page about one code: what its problems mean. `GET /v1/errors/{code}`.
public struct ErrorPage: Hashable, Sendable, Codable {
    /// The code.
    public let code: String
    /// The HTTP status.
    public let status: Int
    /// A few words.
    public let title: String
    /// The sentence, with parameters in braces.
    public let detail: String
    /// What to do next.
    public let next: String
    /// The names of the parameters.
    public let parameters: [String]

    /// The page of a code in a language.
    public init(_ code: ErrorCode, in language: Language) {
        let text = ErrorCatalogue.text(of: code, in: language)
        self.code = code.rawValue
        status = ErrorCatalogue.status(of: code)
        title = text.title
        detail = text.detail
        next = text.next
        parameters = ErrorCatalogue.parameters(of: code)
    }
}
