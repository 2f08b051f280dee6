// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient
    import Foundation

    struct KeySet: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Replace all keys by those in these files; - is stdin.",
            discussion:
                "One OpenSSH public key a line, as in ~/.ssh/id_ed25519.pub. Machines with a guest agent know them soon, others from their next start on."
        )

        @Argument(help: "The files.", completion: .file())
        var files: [String]
        @Option(help: "Whose, by id or login; yours where nobody is named.")
        var user: String?
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            var keys: [String] = []
            for file in files { keys += try Self.keys(in: file, session.surroundings) }
            let person = try await session.client.setKeys(keys, of: try await session.person(user))
            session.output.made(person, Columns.user)
        }

        /// A hundred keys, which is what the API takes, of the longest kind in use, and their comments.
        private static let largest = 512 << 10

        /// The lines of a file without empty ones and comments. A private key is refused before it leaves this machine.
        static func keys(in file: String, _ surroundings: Surroundings) throws(CommandFailure) -> [String] {
            let bytes: [UInt8]
            do { bytes = try surroundings.read(file) } catch { throw .file(file, reason: "\(error.localizedDescription)") }
            guard bytes.count <= largest else {
                throw .file(file, reason: "it has more than \(largest >> 10) KiB; a file of public keys has a line for each")
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard !text.contains("PRIVATE KEY") else {
                throw .file(file, reason: "this is a private key; name the file that ends with .pub")
            }
            let lines = text.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
            return lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }.map(String.init)
        }
    }
#endif
