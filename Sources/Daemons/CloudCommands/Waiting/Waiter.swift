// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudClient
    import CloudModel

    /// Waits for operations and says on stderr how far they are: on a terminal in one line that changes, otherwise one line per end.
    struct Waiter: Sendable {
        /// An operation with what it is about, for people.
        struct Task: Sendable {
            let label: String
            let operation: ID<OperationKind>
        }

        let client: CloudClient
        let showsLine: Bool
        let err: @Sendable (String) -> Void
        let interrupted: @Sendable (String?) -> Void

        /// The ends of all, in the order given. Throws ``CommandFailure/operations(_:of:)`` only through ``check(_:)``, and
        /// ``CommandFailure/away(_:_:_:unknown:untouched:)`` where the cloud stays away for longer than anybody waits.
        func ends(of tasks: [Task]) async throws -> [Received<OperationBody>] {
            var ends: [Received<OperationBody>] = []
            guard !tasks.isEmpty else { return ends }
            defer {
                clear()
                interrupted(nil)
            }
            for (index, task) in tasks.enumerated() {
                let prefix = tasks.count > 1 ? "[\(index + 1)/\(tasks.count)] " : ""
                goesOn(task.operation, others: tasks.count - index - 1)
                if showsLine { show(prefix + "\(task.label): begun (\(task.operation))") }
                let end = try await end(of: Array(tasks[index...])) { body in
                    if showsLine, !body.ended { show(prefix + Progress.line(task.label, body)) }
                }
                clear()
                err(Escape.line(prefix + Progress.line(task.label, end.value)) + "\n")
                ends.append(end)
            }
            return ends
        }

        /// The end of the first; what goes on is named where the cloud stays away for longer than anybody waits.
        func end(of tasks: [Task], progress: @Sendable (OperationBody) -> Void = { _ in }) async throws -> Received<OperationBody> {
            guard let first = tasks.first?.operation else { throw CancellationError() }
            do {
                return try await client.end(
                    of: first, every: showsLine ? 1 : 30,
                    lost: { reason in
                        clear()
                        let line =
                            "the cloud does not answer (\(reason)); \(first) goes on when its daemon does; asking again for two minutes"
                        err(Escape.line(line) + "\n")
                    }, progress: progress)
            } catch let error as ClientError {
                if case .problem = error { throw error }
                let (address, reason) = error.whyAway(at: client.address)
                throw CommandFailure.away(address, reason, tasks.map { GoingOn(label: $0.label, id: $0.operation.text) })
            }
        }

        /// Those whose ends are not good.
        static func failed(_ tasks: [Task], _ ends: [Received<OperationBody>]) -> [FailedOperation] {
            zip(tasks, ends).filter { $1.value.state != "done" || $1.value.failure != nil }.map {
                FailedOperation(label: $0.label, operation: $1.value)
            }
        }

        /// Throws when one of the ends is not good.
        static func check(_ tasks: [Task], _ ends: [Received<OperationBody>]) throws(CommandFailure) {
            let failed = failed(tasks, ends)
            guard failed.isEmpty else { throw .operations(failed, of: tasks.count) }
        }

        /// Says at an interruption from now on that an operation goes on.
        func goesOn(_ operation: ID<OperationKind>, others: Int = 0) {
            let more = others > 0 ? ", and \(others) more (lyceum operation list)" : ""
            interrupted("\n\(operation) goes on\(more): lyceum operation wait \(operation)\n")
        }

        private func show(_ text: String) { err("\r\u{1B}[K" + Escape.line(text)) }
        private func clear() {
            if showsLine { err("\r\u{1B}[K") }
        }
    }

    extension ClientError {
        /// The address of a cloud that gives no answer of its own, and what came instead: nothing, or the page of a proxy.
        func whyAway(at address: CloudAddress) -> (address: String, reason: String) {
            switch self {
            case .unreachable(let address, let reason): (address, reason)
            case .unexpected(let status, let reason): (address.description, "the answer is not the cloud's (status \(status)): \(reason)")
            case .problem(let problem): (address.description, problem.detail)
            }
        }
    }

    /// How far an operation is, in words.
    enum Progress {
        static func line(_ label: String, _ body: OperationBody) -> String {
            let head = "\(body.verb) \(label): "
            guard !body.ended else { return head + (body.failure.map { "\(word(body)): \($0.detail)" } ?? word(body) + took(body)) }
            let waiting = body.waitingFor.map { ", waiting for \($0)" } ?? ""
            if let stuck = body.stuck { return head + "stuck at \(stuck.step)\(waiting): \(stuck.problem.detail)" }
            return head + "\(body.percent) %" + waiting + (body.state == "unwinding" ? ", taking back what was done" : "") + " (\(body.id))"
        }

        private static func word(_ body: OperationBody) -> String {
            switch body.state {
            case "done": body.failure == nil ? "done" : "done, but"
            case "undone": body.outcome == "cancelled" ? "cancelled and taken back" : "failed and taken back"
            default: body.state
            }
        }

        private static func took(_ body: OperationBody) -> String {
            (body.readyMilliseconds.map { ", ready after \(seconds($0))" } ?? "") + (body.recovered?.detail.map { "; \($0)" } ?? "")
        }

        /// `1.2 s`
        static func seconds(_ milliseconds: Int64) -> String { "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" }
    }
#endif
