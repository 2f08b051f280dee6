// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct TemplateList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The templates that you may use.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws { session.output.list(try await session.client.templates().all(), Columns.template) }
    }
#endif
