// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceDestroy: InstanceVerb {
        static let configuration = CommandConfiguration(
            commandName: "destroy", abstract: "Take instances to the trash.",
            discussion: "Asks on a terminal; otherwise --yes is needed.")

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @Flag(help: "Do not ask.")
        var yes = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func begin(_ id: ID<InstanceKind>, by client: CloudClient) async throws -> Received<OperationBody> { try await client.destroy(id) }

        func confirm(_ instances: [InstanceBody], in session: Session) throws {
            if !yes { try session.askWhetherToLose(instances, asking: "Destroy", "destroying needs --yes where nobody can be asked") }
        }
    }

    extension Session {
        /// Asks before what is in instances is lost; throws where nobody can be asked, and where the answer is no.
        func askWhetherToLose(_ instances: [InstanceBody], asking question: String, _ whyNot: String) throws {
            let what = instances.map { "“\($0.name)” (\($0.id), \($0.state))" }.joined(separator: ", ")
            try askWhetherToLose(what, asking: question, whyNot)
        }

        /// As ``askWhetherToLose(_:asking:_:)-([InstanceBody],_,_)`` for what has a name of its own.
        func askWhetherToLose(_ what: String, asking question: String, _ whyNot: String) throws {
            guard surroundings.inputIsTerminal, surroundings.errorIsTerminal else {
                throw CommandFailure.usage(whyNot, next: "run it again with --yes")
            }
            surroundings.err(Escape.line("\(question) \(what)?") + " [y/N] ")
            guard let answer = surroundings.line(), ["y", "yes"].contains(answer.lowercased()) else { throw CommandFailure.declined }
        }
    }
#endif
