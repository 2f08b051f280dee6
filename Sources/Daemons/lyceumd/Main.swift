// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudModel
    import CloudOperations
    import DaemonKit
    import Foundation
    import Logging

    /// The manager of a cloud: reads its configuration, puts the parts together, lives until the system asks for the end.
    @main struct Lyceumd: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lyceumd", abstract: "The manager of a Lyceum cloud.", version: Parts.version)

        @Option(help: "The configuration file.") var config: String?
        @Flag(help: "Check the configuration, print what holds, and end.") var checkConfig = false
        @Flag(help: "Simulate the host: no root, no libvirt; its guests are kept in the state directory.") var simulate = false

        func run() async throws {
            var environment = ProcessInfo.processInfo.environment
            if simulate { environment["LYCEUMD_SIMULATE"] = "true" }
            let configuration: Configuration
            do { configuration = try ManagerSettings.read(file: config, environment: environment) } catch {
                StandardError.write("lyceumd: \(error)")
                throw ExitCode(2)
            }
            guard !checkConfig else { return print(configuration.summary) }
            let logger = Logger.daemon("lyceumd", configuration, clock: SystemWallClock())
            do {
                let parts = try await Parts(configuration, logger: logger)
                try await Lifecycle.run(parts.services, patience: .seconds(10), logger: logger)
                logger.info("ended")
            } catch {
                logger.critical("\(error)")
                throw ExitCode(1)
            }
        }
    }
#else
    @main struct Lyceumd {
        static func main() { print("lyceumd was built without the trait Daemons: there is no HTTP stack in it.") }
    }
#endif
