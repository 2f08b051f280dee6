// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct DiskList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List your data disks.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws { session.output.list(try await session.client.disks().all(), Columns.disk) }

        /// A disk has no name but its id.
        static func id(_ text: String) throws -> ID<DiskKind> {
            guard let id = ID<DiskKind>(text) else {
                throw CommandFailure.usage("“\(text)” is no id of a disk", next: "lyceum disk list")
            }
            return id
        }
    }
#endif
