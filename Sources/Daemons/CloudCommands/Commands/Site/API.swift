// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import Foundation

    /// `lyceum api GET /v1/…`: any call, for what has no command yet.
    struct API: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "api", abstract: "Make any call of the API and print the answer's body.",
            discussion: "The body is JSON text, @FILE or - for stdin. The routes are in lyceum api GET /v1/openapi.yaml.")

        @Argument(help: "GET, POST, PUT, PATCH or DELETE.")
        var method: String
        @Argument(help: "Path and query: /v1/instances?limit=5")
        var path: String
        @Argument(help: "The body.")
        var body: String?
        @Option(help: ArgumentHelp("The ETag that the object must have.", valueName: "etag"))
        var ifMatch: String?
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard method.utf8.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }), !method.isEmpty else {
                throw ValidationError("The method is a word, for example GET.")
            }
            guard path.hasPrefix("/"), path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 }) else {
                throw ValidationError("The path begins with / and is percent-encoded.")
            }
        }

        func run(in session: Session) async throws {
            let answer = try await session.client.raw(method.uppercased(), path, body: try bytes(session.surroundings), ifMatch: ifMatch)
            let type = answer.fields["content-type"] ?? ""
            if type.hasPrefix("application/json") || type.hasPrefix(Problem.mediaType) {
                session.output.json(try StrictJSON.parse(answer.bytes))
            } else if !answer.bytes.isEmpty {
                session.output.write(String(decoding: answer.bytes, as: UTF8.self))
            }
            if let error = answer.error { throw error }
        }

        private func bytes(_ surroundings: Surroundings) throws(CommandFailure) -> [UInt8]? {
            guard let body else { return nil }
            guard body == "-" || body.hasPrefix("@") else { return Array(body.utf8) }
            let file = body == "-" ? "-" : String(body.dropFirst())
            do { return try surroundings.read(file) } catch { throw .file(file, reason: "\(error.localizedDescription)") }
        }
    }
#endif
