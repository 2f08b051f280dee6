// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient

    /// Whether a command waits for what it began.
    struct WaitingOptions: ParsableArguments, Sendable {
        @Flag(help: "Print the operation and do not wait for its end.")
        var noWait = false
    }

    extension Session {
        /// Waits for one operation that a command began, or prints it where the command does not wait; then the result is nil.
        func finish(_ begun: Received<OperationBody>, label: String, _ options: WaitingOptions) async throws -> Received<OperationBody>? {
            if options.noWait {
                output.made(begun, Columns.operation)
                return nil
            }
            let tasks = [Waiter.Task(label: label, operation: begun.value.id)]
            let ends = try await waiter.ends(of: tasks)
            try Waiter.check(tasks, ends)
            return ends.first
        }
    }
#endif
