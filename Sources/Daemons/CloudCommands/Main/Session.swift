// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudClient

    /// What a command works with.
    struct Session: Sendable {
        let client: CloudClient
        let output: Output
        let surroundings: Surroundings
        /// Finds things by id or name.
        var names: Names { Names(client: client) }
        /// Waits for operations.
        var waiter: Waiter {
            Waiter(
                client: client, showsLine: surroundings.errorIsTerminal && surroundings.environment["TERM"] != "dumb",
                err: surroundings.err, interrupted: surroundings.interrupted)
        }

        /// A session for the time of a function.
        static func with(_ options: CommonOptions, in surroundings: Surroundings, _ body: @Sendable (Session) async throws -> Void)
            async throws
        {
            let settings = try ClientSettings(options.url, in: surroundings)
            let err = surroundings.err
            try await surroundings.connect(settings.address, settings.authorities) { transport in
                let client = CloudClient(
                    transport: transport, token: settings.token, language: settings.language, agent: "lyceum/\(version)",
                    clock: surroundings.clock, keys: surroundings.key
                ) { trace in
                    if options.debug { err(Escape.line(Self.text(of: trace)) + "\n") }
                }
                let format: Output.Format = options.json ? .json : surroundings.outputIsTerminal ? .table : .tsv
                let output = Output(
                    format: format, colour: surroundings.coloursOutput, pretty: surroundings.outputIsTerminal, write: surroundings.out)
                try await body(Session(client: client, output: output, surroundings: surroundings))
            }
        }

        /// A line that is only for people: on stderr, and not beside JSON.
        func note(_ text: String) {
            if output.format != .json { surroundings.err(Escape.line(text) + "\n") }
        }

        private static func text(of trace: CloudClient.Trace) -> String {
            let end = trace.status.map { "\($0)" } ?? "no answer: \(trace.failure ?? "")"
            let parts = [trace.request.map { "request \($0)" }, trace.key.map { "key \($0)" }].compactMap { $0 }
            return "debug: \(trace.method) \(trace.target) -> \(end)" + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
        }
    }
#endif
