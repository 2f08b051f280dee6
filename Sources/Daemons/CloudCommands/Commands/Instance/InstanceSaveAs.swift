// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceSaveAs: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "save-as-template", abstract: "Make a draft revision of a template of an instance's disk.",
            discussion: "One that runs is shut down first, and stays so. `lyceum template publish` lets instances be made from it.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Argument(help: "The name of the new template; with --revision the template, by id or name.")
        var template: String
        @Flag(help: "A new revision of a template that is there.")
        var revision = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            var request = SaveAsTemplateRequest()
            if revision { request.template = try await session.names.template(template) } else { request.name = template }
            let begun = try await session.client.saveAsTemplate(request, of: id)
            guard let end = try await session.finish(begun, label: instance, waiting) else { return }
            guard let made = (end.value.objects + [end.value.object]).lazy.compactMap({ ID<TemplateKind>($0) }).first else { return }
            session.output.made(try await session.client.template(made), Columns.template)
        }
    }
#endif
