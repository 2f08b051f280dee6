// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import DaemonKit

    /// The manager of a cloud: reads its configuration, puts the parts together, lives until the system asks for the end.
    @main struct Lyceumd: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lyceumd", abstract: "The manager of a Lyceum cloud.",
            discussion: """
                Without --config the file is \(ManagerSettings.standardFile), if it is there. Every setting can be given in the \
                environment too: listen.http as LYCEUMD_LISTEN_HTTP. --check-config prints them all.

                Exit status: 0 ended as asked, 1 a part failed (the last line of the log says which), 2 the configuration or \
                the arguments are refused.
                """, version: BuildFacts.here.description)

        @Option(help: "The configuration file.") var config: String?
        @Flag(help: "Check the configuration, print what holds, and end.") var checkConfig = false
        @Flag(help: "Simulate the host: no root, no libvirt; its guests are kept in the state folder.") var simulate = false

        @Option(
            help: "Put the records of a backup into the state folder, which must have none, and end; with --check-config only check it.")
        var restore: String?

        /// As ArgumentParser does it, but for the status of arguments that do not fit: those of its own (EX_USAGE) nobody here knows.
        static func main() async {
            do {
                var command = try parseAsRoot()
                if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            } catch let error where Self.exitCode(for: error) == .validationFailure {
                StandardError.write(fullMessage(for: error))
                exit(withError: ExitCode(2))
            } catch { exit(withError: error) }
        }

        func run() async throws {
            let status = await Daemon.run(
                "lyceumd", checkOnly: checkConfig, restoring: restore.map { ($0, Parts.copies) },
                configuration: { [config, simulate] in try ManagerSettings.read(file: config, simulate: simulate) },
                parts: Parts.services(_:logger:))
            throw ExitCode(status)
        }
    }
#else
    @main struct Lyceumd {
        static func main() { print("lyceumd was built without the trait Daemons: there is no HTTP stack in it.") }
    }
#endif
