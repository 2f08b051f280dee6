// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct TemplatePublish: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "publish", abstract: "Let a revision of a template be what instances are made from.")

        @Argument(help: "The template, by id or name.")
        var template: String
        @Argument(help: "The number of the revision.")
        var revision: Int
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard revision > 0 else { throw ValidationError("Revisions are counted from 1.") }
        }

        func run(in session: Session) async throws {
            let id = try await session.names.template(template)
            let begun = try await session.client.publishRevision(revision, of: id)
            guard try await session.finish(begun, label: template, waiting) != nil else { return }
            session.output.show(try await session.client.template(id), Columns.template)
        }
    }
#endif
