// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct Console: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "console", abstract: "Speak with the serial line of an instance, or get the way to its display.",
            discussion: """
                On a terminal every key goes to the guest, but Ctrl-] leaves. In a pipe stdin goes to the guest as it is; its end ends \
                nothing, and what the guest writes goes to stdout until the console ends or the command is interrupted.

                Of the serial line there is one: whoever opens it anew ends the one before. An address or a ticket opens one console once, \
                within 30 s, for you alone.
                """)

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Flag(name: .customLong("vnc-url"), help: "Print the address of its display, for a viewer that speaks WebSocket, as noVNC does.")
        var vncURL = false
        @Option(help: ArgumentHelp("Print a ticket instead: display or serial.", valueName: "kind"))
        var ticket: Kind?
        @OptionGroup var common: CommonOptions

        /// A console as the command line spells it.
        enum Kind: String, ExpressibleByArgument, CaseIterable {
            case display
            case serial
            var kind: ConsoleKind { self == .display ? .display : .serial }
        }

        func validate() throws {
            if vncURL, ticket != nil { throw ValidationError("--vnc-url and --ticket do not go together.") }
        }

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            if vncURL { return try await printAddress(of: id, in: session) }
            let given = try await session.client.consoleTicket(ticket?.kind ?? .serial, of: id)
            if ticket != nil { return session.output.show(given, Columns.consoleTicket) }
            try await talk(given.value, in: session)
        }

        private func printAddress(of id: ID<InstanceKind>, in session: Session) async throws {
            guard session.client.address.webSocket("") != nil else {
                throw CommandFailure.usage(
                    "\(session.client.address) is a socket of this machine, which no viewer can open",
                    next: "give the daemon's web address: --url http://127.0.0.1:8080")
            }
            let given = try await session.client.consoleTicket(.display, of: id).value
            session.output.write((session.client.address.webSocket(given.path) ?? "") + "\n")
            session.note("good once, until \(given.expiresAt)")
        }

        private func talk(_ ticket: ConsoleTicketBody, in session: Session) async throws {
            let (terminal, name) = (session.surroundings.terminal, instance)
            let isTerminal = session.surroundings.inputIsTerminal && session.surroundings.outputIsTerminal
            let restore = isTerminal ? terminal.makeRaw() : {}
            defer { restore() }
            let end = try await session.client.talk(
                through: ticket,
                input: {
                    guard let bytes = await terminal.input() else { return nil }
                    guard isTerminal else { return bytes }
                    let (before, leaves) = LeaveKey.cut(bytes)
                    if leaves { throw ConsoleConnection.Leave() }
                    return before
                },
                // In raw mode a line ends with both characters.
                opened: { if isTerminal { session.surroundings.err("Connected to \(Escape.line(name)). Leave with Ctrl-].\r\n") } },
                output: { terminal.output($0) })
            restore()
            switch end {
            case .left: if isTerminal { session.surroundings.err("\nLeft.\n") }
            case .closed(code: 1000, _): break
            case .closed(_, let reason): session.note("The console has ended: \(reason).")
            case .lost:
                throw ClientError.unreachable(address: session.client.address.description, reason: "the connection was lost")
            }
        }
    }
#endif
