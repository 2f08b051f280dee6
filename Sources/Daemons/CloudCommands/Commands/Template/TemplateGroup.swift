// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum template`
    struct TemplateGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "template", abstract: "What instances are made from.",
            subcommands: [TemplateCreate.self, TemplateList.self, TemplateShow.self, TemplatePublish.self, TemplateRetire.self])
    }
#endif
