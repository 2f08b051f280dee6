// SPDX-License-Identifier: Apache-2.0

public import CloudAPI
public import CloudModel
import Synchronization

/// Operations: look, wait, cancel.
extension CloudClient {
    /// The caller's operations, newest first; with a state (`stuck`, for instance) only those in it, for site operators everybody's and the
    /// cloud's own.
    public func operations(state: String? = nil) -> Listing<OperationBody> {
        list(OperationBody.self, "/v1/operations", [("state", state)])
    }

    /// One operation. With `wait` the answer comes when it has ended, or after so many seconds (at most 60).
    public func operation(_ id: ID<OperationKind>, wait: Int? = nil) async throws -> Received<OperationBody> {
        try await get(OperationBody.self, "/v1/operations/\(id)", [("wait", wait.map(String.init))])
    }

    /// Asks an operation to stop at its next step border.
    public func cancel(_ id: ID<OperationKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/operations/\(id)/cancel")
    }

    /// Waits until an operation has ended or is stuck, and tells `progress` of each look. A daemon that is away meanwhile is waited for.
    /// - Parameters:
    ///   - every: the longest time between two looks in seconds.
    ///   - lost: told why, once each time that the daemon goes away; the operation goes on with it when it is back.
    public func end(
        of id: ID<OperationKind>, every seconds: Int = 30, lost: @escaping @Sendable (String) -> Void = { _ in },
        progress: @Sendable (OperationBody) -> Void = { _ in }
    ) async throws -> Received<OperationBody> {
        let isAway = Mutex(false)
        let before = trace
        var patient = with(patience: .long)
        patient.trace = { call in
            before(call)
            let isNews = isAway.withLock { away in
                defer { away = call.failure != nil }
                return !away
            }
            if let failure = call.failure, isNews { lost(failure) }
        }
        while true {
            let received = try await patient.operation(id, wait: seconds)
            progress(received.value)
            if received.value.ended || received.value.state == "stuck" { return received }
            try Task.checkCancellation()
        }
    }
}
