// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceUpdate: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "update", abstract: "Give an instance another name, description or tags.",
            discussion: "Nothing else changes: what is at work on it goes on, and its lease stays.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Option(help: "The new name.")
        var name: String?
        @Option(help: "The description; empty for none.")
        var description: String?
        @Option(name: .customLong("tag"), help: ArgumentHelp("A tag to add; may be given several times.", valueName: "tag"))
        var tags: [String] = []
        @Option(name: .customLong("untag"), help: ArgumentHelp("A tag to take away; may be given several times.", valueName: "tag"))
        var untags: [String] = []
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard name != nil || description != nil || !tags.isEmpty || !untags.isEmpty else {
                throw ValidationError("Say what is to change: --name, --description, --tag or --untag.")
            }
            // The cloud would count it among those that are there already.
            for tag in tags {
                do { _ = try Tag(APICoding.composed(tag)) } catch {
                    throw ValidationError("--tag “\(tag)”: \(error.parameters["reason"] ?? error.description).")
                }
            }
        }

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let seen = try await session.client.instance(id)
            var request = UpdateInstanceRequest(name: name, description: description)
            if !tags.isEmpty || !untags.isEmpty { request.tags = Set(seen.value.tags + tags).subtracting(untags).sorted() }
            // The tags were read before: whoever changed them in between is not overruled.
            let changed = try await session.client.update(id, request, ifMatch: request.tags == nil ? "*" : seen.etag ?? "*")
            session.output.show(changed, Columns.instance)
        }
    }
#endif
