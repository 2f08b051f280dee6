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
