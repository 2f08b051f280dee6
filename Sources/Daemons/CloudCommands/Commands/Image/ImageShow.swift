// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct ImageShow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "All about one image.")

        @Argument(help: "The image, by id or name.")
        var image: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.show(try await session.client.image(try await session.names.image(image)), Columns.image)
        }
    }
#endif
