// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct ImageImport: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "import", abstract: "Send a file and keep it as an image.")

        @Argument(help: "The file.", completion: .file())
        var file: String
        @Option(help: "The name of the image.")
        var name: String
        @Option(help: "What the file is; it is never guessed.")
        var format: ImageFormat
        @Option(help: ArgumentHelp("The SHA-256 that the file must have, 64 hexadecimal digits.", valueName: "hash"))
        var sha256: String?
        @Option(help: ArgumentHelp("The group that is charged, by id or name.", valueName: "group"))
        var group: String?
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            guard file != "-" else {
                throw CommandFailure.file("stdin", reason: "an image is sent from a file, for its size is told first")
            }
            guard let facts = session.surroundings.look(file) else { throw CommandFailure.file(file, reason: "there is no such file") }
            if let objection = session.surroundings.objection(file) { throw CommandFailure.file(file, reason: objection) }
            let charged: ID<GroupKind>? = if let group { try await session.names.group(group) } else { nil }
            session.note("sending \(file) (\(ByteCount(bytes: facts.size)))")
            let upload = try await session.client.upload(file: file, size: facts.size)
            let request = ImportImageRequest(
                name: name, upload: upload.value.id, format: format, sha256: sha256?.lowercased(), group: charged)
            let begun = try await session.client.importImage(request)
            guard let end = try await session.finish(begun, label: name, waiting) else { return }
            guard let id = (end.value.objects + [end.value.object]).lazy.compactMap({ ID<ImageKind>($0) }).first else { return }
            session.output.made(try await session.client.image(id), Columns.image)
        }
    }
#endif
