// SPDX-License-Identifier: Apache-2.0

public import CloudAPI
public import CloudModel

/// Operations: look, wait, cancel.
extension CloudClient {
    /// The caller's operations, newest first.
    public func operations() -> Listing<OperationBody> { list(OperationBody.self, "/v1/operations") }

    /// One operation. With `wait` the answer comes when it has ended, or after so many seconds (at most 60).
    public func operation(_ id: ID<OperationKind>, wait: Int? = nil) async throws -> Received<OperationBody> {
        try await get(OperationBody.self, "/v1/operations/\(id)", [("wait", wait.map(String.init))])
    }

    /// Asks an operation to stop at its next step border.
    public func cancel(_ id: ID<OperationKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/operations/\(id)/cancel")
    }

    /// Waits until an operation has ended or is stuck, and tells `progress` of each look. A daemon that is away meanwhile is waited for.
    /// - Parameter every: the longest time between two looks in seconds.
    public func end(
        of id: ID<OperationKind>, every seconds: Int = 30, progress: @Sendable (OperationBody) -> Void = { _ in }
    ) async throws -> Received<OperationBody> {
        let patient = with(patience: .long)
        while true {
            let received = try await patient.operation(id, wait: seconds)
            progress(received.value)
            if received.value.ended || received.value.state == "stuck" { return received }
            try Task.checkCancellation()
        }
    }
}
