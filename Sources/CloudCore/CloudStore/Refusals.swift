// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudWorkflow

// The cloud's errors in the workflow's words: a CloudError is a decision and unwinds, an OutcomeUnknown is observed.

extension CloudError: Refusal {
    /// The same refusal, as a journal keeps it.
    public var failure: RunFailure { RunFailure(code: code.rawValue, parameters: parameters, detail: detail) }

    /// A refusal out of a journal; one whose code this version does not know becomes ``ErrorCode/internalFault`` that names it.
    public init(_ failure: RunFailure) {
        guard let code = ErrorCode(rawValue: failure.code) else {
            self.init(.internalFault, ["part": failure.code], detail: failure.detail)
            return
        }
        self.init(code, failure.parameters, detail: failure.detail)
    }
}

extension OutcomeUnknown: UnknownOutcome {}

extension CloudError {
    /// What a store says of a row that it has and cannot read: its own failure and no decision, for nobody can decide by what is not known.
    public static func unreadableRow(of table: String, detail: String) -> CloudError {
        CloudError(.storeUnavailable, ["reason": "a row of \(table) cannot be read", "table": table], detail: detail)
    }

    /// Whether one row of the store cannot be read, where the store itself answers: whoever goes through many goes on with the others.
    public var isUnreadableRow: Bool { code == .storeUnavailable && parameters["table"] != nil }
}
