// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudModel
    import Testing

    @testable import CloudCommands

    @Suite struct VerbCommandsTests {
        /// Every command that can be reached, with its words.
        private static func reachable(_ root: any ParsableCommand.Type, _ words: [String] = []) -> [(
            type: any ParsableCommand.Type, words: String
        )] {
            let own = words + [root._commandName]
            return [(root, own.joined(separator: " "))] + root.configuration.subcommands.flatMap { reachable($0, own) }
        }

        @Test func everyVerbButSeeHasACommandOfItsOwn() throws {
            let all = Self.reachable(Lyceum.self)
            var taken: Set<ObjectIdentifier> = []
            for verb in Verb.asked {
                let command = try #require(VerbCommands.command(of: verb), "\(verb) has no command")
                #expect(all.contains { ObjectIdentifier($0.type) == ObjectIdentifier(command) }, "\(verb) cannot be reached")
                #expect(taken.insert(ObjectIdentifier(command)).inserted, "\(verb) shares its command")
            }
            #expect(VerbCommands.command(of: .see) == nil)
        }

        @Test func theVerbsOfInstancesHaveTheirOwnNames() {
            let names = Set(Instance.configuration.subcommands.map { $0._commandName })
            let verbs: [Verb] = [
                .start, .suspend, .wake, .shutDown, .forceOff, .destroy, .recover, .renew, .pause, .resume, .reboot, .reset, .setPassword,
                .installKeys,
            ]
            for verb in verbs { #expect(names.contains(verb.rawValue)) }
        }

        @Test func everyCommandIsRunnableOrAGroupAndSaysWhatItIsFor() {
            for (type, words) in Self.reachable(Lyceum.self) {
                #expect(!type.configuration.abstract.isEmpty, "\(words)")
                #expect((type is any CloudCommand.Type) == type.configuration.subcommands.isEmpty, "\(words)")
            }
        }
    }
#endif
