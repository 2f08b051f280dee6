// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient

    struct InstancePassword: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "password", abstract: "Show the account and password of an instance; that you did is an activity.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let found = try await session.client.password(of: id)
            session.output.show(found, Columns.password)
            if found.value.doubtful == true {
                session.note(
                    "the guest may have another: it has not said that it took this one, and is told it at the next start; "
                        + "set-password settles it while it runs")
            }
        }
    }
#endif
