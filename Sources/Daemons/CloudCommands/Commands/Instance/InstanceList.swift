// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct InstanceList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The instances that you may see.")

        @Option(help: "Only those of this name.")
        var name: String?
        @Option(help: "Only those with this tag.")
        var tag: String?
        @Flag(help: "Those in the trash too.")
        var trash = false
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.list(
                try await session.client.instances(name: name, tag: tag, trash: trash).all(), trash ? Columns.trash : Columns.instance)
        }
    }
#endif
