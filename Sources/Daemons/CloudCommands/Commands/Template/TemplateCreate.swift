// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct TemplateCreate: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "create", abstract: "Make a template of an image.")

        @Argument(help: "The name of the template.")
        var name: String
        @Option(help: "The image, by id or name.")
        var image: String
        @Option(help: ArgumentHelp("Memory of an instance: 512M, 1G.", valueName: "size"), transform: Size.read)
        var memory: Size
        @Option(help: ArgumentHelp("Processors of an instance.", valueName: "n"))
        var cpus: Int
        @Option(help: ArgumentHelp("Disk of an instance; the image's size where it is left out.", valueName: "size"), transform: Size.read)
        var disk: Size?
        @Option(help: "The network, by id or name; the site's first where it is left out.")
        var network: String?
        @Option(
            help: ArgumentHelp(
                "The lease policy: when an instance is suspended and destroyed; lab where it is left out (lyceum lease-policy list).",
                valueName: "policy"))
        var leasePolicy: String?
        @Option(help: ArgumentHelp("The account that people log in to.", valueName: "account"))
        var account: String?
        @Option(help: "What the guest agent is to it.")
        var agent: AgentUse?
        @Option(help: "When an instance counts as ready.")
        var readiness: Readiness?
        @Option(help: ArgumentHelp("What it reads when it boots: nocloud for a cloud image of a distribution.", valueName: "use"))
        var firstBoot: FirstBootUse?
        @Option(help: ArgumentHelp("Who may use it: a login, a group's name, or an id; can be given again.", valueName: "who"))
        var sharedWith: [String] = []
        @Flag(help: "Everybody of the site may use it.")
        var everybody = false
        @Option(help: ArgumentHelp("The group that is charged, by id or name.", valueName: "group"))
        var group: String?
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard (1...1024).contains(cpus) else { throw ValidationError("--cpus is 1 to 1024.") }
        }

        func run(in session: Session) async throws {
            let names = session.names
            var request = CreateTemplateRequest(
                name: name, image: try await names.image(image), cpus: CPUCount(cpus), memory: memory.count, disk: disk?.count,
                agent: agent, readiness: readiness, firstBoot: firstBoot)
            if let network { request.network = try await names.network(network) }
            if let leasePolicy { request.leasePolicy = try await names.leasePolicy(leasePolicy) }
            if let group { request.group = try await names.group(group) }
            if let account { request.access = AccessMethod(transport: .tcp, port: 22, account: account) }
            var subjects = everybody ? ["grp-everybody"] : []
            for who in sharedWith { subjects.append(try await subject(who, names)) }
            if !subjects.isEmpty { request.sharedWith = subjects }
            let begun: Received<OperationBody>
            do { begun = try await session.client.createTemplate(request) } catch ClientError.problem(let problem)
                where problem.code == "not-found" && sharedWith.contains(problem.parameters["object"] ?? "")
            {
                let (who, groups) = (problem.parameters["object"] ?? "", try await session.client.groups().all().map(\.value.name))
                throw CommandFailure.noPart(
                    "person or group", who, like: Likeness.closest(to: who, among: groups),
                    next: "lyceum group list    (a person is named by the whole login, or by the id that they see in lyceum user show)")
            }
            guard let end = try await session.finish(begun, label: name, waiting) else { return }
            guard let id = (end.value.objects + [end.value.object]).lazy.compactMap({ ID<TemplateKind>($0) }).first else { return }
            session.output.made(try await session.client.template(id), Columns.template)
        }

        /// A person or a group. An id says itself what it is; a name is a login first. A login of somebody whom the caller may not list
        /// is for the cloud to know.
        private func subject(_ text: String, _ names: Names) async throws -> String {
            if ID<UserKind>(text) != nil || ID<GroupKind>(text) != nil { return text }
            do { return try await names.user(text).text } catch CommandFailure.noSuch {
                do { return try await names.group(text).text } catch CommandFailure.noSuch { return text }
            }
        }
    }
#endif
