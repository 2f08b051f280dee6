// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel
    import Foundation

    struct InstanceSetPassword: InstanceDeed {
        static let configuration = CommandConfiguration(
            commandName: "set-password", abstract: "Set the password of running instances.",
            discussion:
                "Without a file the cloud makes one of 20 characters. `lyceum instance password` tells it to those who may operate the instance."
        )

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @Option(help: "A file whose first line is the password; - is stdin.", completion: .file())
        var passwordFile: String?
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let password = try passwordFile.map { file throws(CommandFailure) in try Self.firstLine(of: file, session.surroundings) }
            try await run(in: session) { try await $1.setPassword(SetPasswordRequest(password: password), of: $0) }
        }

        private static func firstLine(of file: String, _ surroundings: Surroundings) throws(CommandFailure) -> String {
            let bytes: [UInt8]
            do { bytes = try surroundings.read(file) } catch { throw .file(file, reason: "\(error.localizedDescription)") }
            return String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        }
    }
#endif
