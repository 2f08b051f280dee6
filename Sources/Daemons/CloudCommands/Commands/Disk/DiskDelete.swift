// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct DiskDelete: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Remove a data disk that no instance has, with what is on it.",
            discussion: "Asks on a terminal; otherwise --yes is needed.")

        @Argument(help: "The disk, by id.")
        var disk: String
        @Flag(help: "Do not ask.")
        var yes = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try DiskList.id(disk)
            if !yes { try session.askWhetherToLose("disk \(id)", asking: "Delete", "deleting needs --yes where nobody can be asked") }
            _ = try await session.finish(try await session.client.deleteDisk(id), label: id.text, waiting)
        }
    }
#endif
