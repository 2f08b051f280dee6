// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow

extension Cloud {
    /// Begins a verb and waits until it has ended. ``serve()`` must be running.
    ///
    /// Throws the refusal of ``submit(_:key:seen:)``, the reason for which the operation was undone, or `timed-out` where it goes on behind
    /// the limit; nothing is cancelled then, and ``wait(for:limit:by:)`` waits on.
    @discardableResult
    public func complete(_ operation: some CloudOperation, within limit: Duration = .seconds(600)) async throws -> Submitted {
        let submitted = try await submit(operation)
        try await completed(submitted.operation, within: limit, by: operation.principal)
        return submitted
    }

    /// Waits until an operation has ended well; throws as ``complete(_:within:)``. For the starts of a batch, which are operations of
    /// their own.
    public func completed(_ operation: ID<OperationKind>, within limit: Duration = .seconds(600), by principal: Principal) async throws {
        let run = try await wait(for: operation, limit: limit, by: principal).run
        if let failure = run.failure { throw CloudError(failure) }
        guard run.state == .done else {
            throw CloudError(.timedOut, ["what": "the operation to end", "seconds": String(limit.components.seconds)])
        }
    }
}
