// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// The command line as a library: what the program `lyceum` is, for programs that bring surroundings of their own.
    public enum LyceumCommand {
        /// Runs one command, for instance `["instance", "list"]`; the result is the exit status. Never throws: what goes wrong is said in
        /// three lines on the surroundings' stderr.
        public static func run(_ arguments: [String], in surroundings: Surroundings) async -> Int32 {
            await Lyceum.run(arguments, in: surroundings)
        }
    }

    /// The command `lyceum`: its subcommands, and how one of them is run.
    struct Lyceum: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lyceum",
            abstract: "Machines of a private cloud: launch them, look at them, give them back.",
            discussion: """
                Instances, templates and other things are named by their id or their name. What takes a while is waited for; progress goes \
                to stderr. Output is a table on a terminal, tab-separated values without a header line in a pipe, and the API's own objects \
                with --json.

                Options stand behind the command: lyceum instance list --json. Completions: lyceum --generate-completion-script bash.

                The cloud's address comes from --url, LYCEUM_URL or `url` in ~/.config/lyceum/config.toml, otherwise it is the socket of \
                this machine's daemon. The token comes from LYCEUM_TOKEN or `token` in that file. For https, LYCEUM_CA or `ca` names a file of \
                certificates (PEM) that are trusted beside the system's own.

                Exit status: 0 done, 1 failed, 2 usage or a value that is refused, 3 not found, 4 not signed in or denied, 5 conflict \
                (name, state, version, quota), 6 the cloud does not answer. Over several things it is the worst: 6, 1, 4, 3, 5, 2, in this order.
                """,
            version: "\(version) (commit \(commit))",
            subcommands: [
                Launch.self, Instance.self, Console.self, PortGroup.self, DiskGroup.self, ImageGroup.self, TemplateGroup.self,
                NetworkGroup.self, LeasePolicyGroup.self, AlarmGroup.self, NoticeGroup.self, HostGroup.self, GroupGroup.self,
                OperationGroup.self, EventGroup.self, UserGroup.self, KeyGroup.self, Status.self, Doctor.self, AuditCommand.self,
                AdminGroup.self, API.self,
            ])

        /// Parses and runs; the result is the exit status. Never throws: what goes wrong is said on stderr in three lines.
        static func run(_ arguments: [String], in surroundings: Surroundings) async -> Int32 {
            let parsed: any ParsableCommand
            do {
                parsed = try parseAsRoot(arguments)
                guard parsed is any CloudCommand else {
                    // A group of commands without its verb, or `help`: both say what there is.
                    var command = parsed
                    try command.run()
                    return ExitStatus.done.rawValue
                }
            } catch {
                let text = fullMessage(for: error) + "\n"
                guard exitCode(for: error).isSuccess else {
                    surroundings.err(text)
                    return ExitStatus.usage.rawValue
                }
                surroundings.out(text)
                return ExitStatus.done.rawValue
            }
            guard let command = parsed as? any CloudCommand else { return ExitStatus.usage.rawValue }
            do {
                try await Session.with(command.common, in: surroundings) { try await command.run(in: $0) }
                return ExitStatus.done.rawValue
            } catch {
                let report = ErrorReport(error)
                surroundings.err(report.text(colour: surroundings.coloursErrors))
                return report.status.rawValue
            }
        }
    }

    /// One command that talks to a cloud.
    protocol CloudCommand: ParsableCommand, Sendable {
        /// The options that all commands have.
        var common: CommonOptions { get }
        /// Does it. What it throws is reported in three lines, and becomes the exit status.
        func run(in session: Session) async throws
    }

    /// The options that all commands have.
    struct CommonOptions: ParsableArguments, Sendable {
        @Flag(help: "Print the API's own objects as JSON.")
        var json = false

        @Option(help: ArgumentHelp("The cloud's address: http://HOST:PORT, https://HOST or unix:/PATH.", valueName: "address"))
        var url: String?

        @Flag(help: "Show the calls to the API on stderr.")
        var debug = false
    }
#endif
