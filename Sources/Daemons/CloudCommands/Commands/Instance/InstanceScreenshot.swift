// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient
    import Foundation

    struct InstanceScreenshot: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "screenshot", abstract: "Keep what an instance's screen shows now, as a PNG file.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Option(name: .shortAndLong, help: "The file, which must not be there yet.", completion: .file())
        var output: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let picture = try await session.client.screenshot(of: try await session.names.instance(instance))
            do { try await session.surroundings.save(output) { try $0(picture) } } catch {
                throw CommandFailure.file(output, reason: "\(error.localizedDescription)")
            }
        }
    }
#endif
