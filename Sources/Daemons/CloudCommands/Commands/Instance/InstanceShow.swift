// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct InstanceShow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "All about one instance.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.show(try await session.client.instance(try await session.names.instance(instance)), Columns.instance)
        }
    }
#endif
