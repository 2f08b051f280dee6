// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum admin restore FILE`: the counterpart of ``AdminBackup``. A site whose records are being put back has no daemon that could be
    /// asked, so this hands over to the daemon's own program on this machine; all rules are there.
    struct AdminRestore: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "restore", abstract: "Put a backup's records into a state folder that has none, on the daemon's machine.",
            discussion: """
                Goes on as lyceumd --restore FILE, with the configuration that lyceumd has. Stop lyceumd first and move lyceum.db away: \
                nothing is overwritten. site.key has to be in the state folder.
                """)

        @Argument(help: "The file that lyceum admin backup made.")
        var file: String
        @Flag(name: .customLong("check-only"), help: "Only look whether it is whole, and of this site.")
        var checksOnly = false
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let reason = session.surroundings.become("lyceumd", ["--restore", file] + (checksOnly ? ["--check-config"] : []))
            throw CommandFailure.usage(
                "lyceumd cannot be run on this machine: \(reason).",
                next: "Restore on the machine of the daemon, where its state folder is.")
        }
    }
#endif
