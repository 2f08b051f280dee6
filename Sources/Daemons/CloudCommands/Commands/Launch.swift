// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    /// `lyceum launch`: from a template to machines that one can log in to.
    struct Launch: CloudCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make instances from a template and start them.",
            discussion: "In a batch the name is a pattern: lab-%02d gives lab-01, lab-02 and so on.")

        @Argument(help: "The template, by id or name.")
        var template: String
        @Argument(help: "The name; the cloud chooses one where it is left out.")
        var name: String?
        @Option(help: ArgumentHelp("How many.", valueName: "n"))
        var count: Int = 1
        @Option(
            help: ArgumentHelp("Another revision of the template than the one in production, for those who work on it.", valueName: "n"))
        var revision: Int?
        @Option(help: ArgumentHelp("The host name of a single instance.", valueName: "label"))
        var hostname: String?
        @Option(help: ArgumentHelp("The group that is charged, by id or name.", valueName: "group"))
        var group: String?
        @Flag(help: "Only make them.")
        var noStart = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard (1...BatchLimits.instances).contains(count) else {
                throw ValidationError("--count is 1 to \(BatchLimits.instances).")
            }
            guard revision.map({ $0 > 0 }) ?? true else { throw ValidationError("--revision is a number from 1 on.") }
        }

        func run(in session: Session) async throws {
            let names = session.names
            var request = CreateInstancesRequest(
                template: try await names.template(template), revision: revision, name: name, hostname: hostname, count: count,
                start: !noStart)
            if let group { request.group = try await names.group(group) }
            let begun = try await session.client.create(request)
            guard !waiting.noWait else { return session.output.made(begun, Columns.operation) }
            session.waiter.goesOn(begun.value.id)
            session.note(count == 1 ? "making an instance (\(begun.value.id))" : "making \(count) instances (\(begun.value.id))")
            let making = Waiter.Task(label: name ?? template, operation: begun.value.id)
            let made = try await session.waiter.end(of: [making])
            try Waiter.check([making], [made])
            let instances = made.value.objects.compactMap { ID<InstanceKind>($0) }
            let (tasks, ends) = try await start(made.value, instances, in: session)
            var shown: [Received<InstanceBody>] = []
            for id in instances { shown.append(try await session.client.instance(id)) }
            if count == 1, let only = shown.first, session.output.format == .json {
                session.output.show(only, Columns.instance)
            } else {
                session.output.list(shown, Columns.instance)
            }
            if !noStart { session.note("\(shown.count { $0.value.ready }) of \(shown.count) ready") }
            try Waiter.check(tasks, ends)
        }

        /// Waits for the starts that the request began.
        private func start(_ made: OperationBody, _ instances: [ID<InstanceKind>], in session: Session) async throws -> (
            [Waiter.Task], [Received<OperationBody>]
        ) {
            var labels: [String: String] = [:]
            for id in instances { labels[id.text] = try await session.client.instance(id).value.name }
            var tasks: [Waiter.Task] = []
            for child in made.children {
                let object = try await session.client.operation(child).value.object
                tasks.append(Waiter.Task(label: labels[object] ?? object, operation: child))
            }
            return (tasks, try await session.waiter.ends(of: tasks))
        }
    }
#endif
