// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct TemplateShow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "All about one template.")

        @Argument(help: "The template, by id or name.")
        var template: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.show(try await session.client.template(try await session.names.template(template)), Columns.template)
        }
    }
#endif
