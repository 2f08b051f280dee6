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
                session.note("the guest may have another: it was told one and did not say that it took it; set-password settles it")
            }
        }
    }
#endif
