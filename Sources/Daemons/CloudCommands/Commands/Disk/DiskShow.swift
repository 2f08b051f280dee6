// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct DiskShow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a data disk.")

        @Argument(help: "The disk, by id.")
        var disk: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.show(try await session.client.disk(try DiskList.id(disk)), Columns.disk)
        }
    }
#endif
