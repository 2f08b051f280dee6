// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct InstancePassword: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "password", abstract: "Show the account and password of an instance; that you did is an activity.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            session.output.show(try await session.client.password(of: id), Columns.password)
        }
    }
#endif
