// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel
    import Foundation

    struct InstanceInstallKeys: InstanceDeed {
        static let configuration = CommandConfiguration(
            commandName: "install-keys", abstract: "Tell running instances by which keys people log in.",
            discussion: "The keys of all who may operate it, and its own, to which --install adds and from which --remove takes.")

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @Option(help: "A file with keys that become the instance's own, one OpenSSH public key a line; - is stdin.", completion: .file())
        var install: [String] = []
        @Option(help: "A file with keys that are no longer its own.", completion: .file())
        var remove: [String] = []
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let request = InstallKeysRequest(
                install: try install.flatMap { try KeySet.keys(in: $0, session.surroundings) },
                remove: try remove.flatMap { try KeySet.keys(in: $0, session.surroundings) })
            try await run(in: session) { try await $1.installKeys(request, of: $0) }
        }
    }
#endif
