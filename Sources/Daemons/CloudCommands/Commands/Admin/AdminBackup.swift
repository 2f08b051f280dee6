// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient
    import Foundation

    /// `lyceum admin backup FILE`
    struct AdminBackup: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "backup", abstract: "Save the records of the site into a file, while it goes on working.",
            discussion: """
                The file is a tar archive of a manifest and the records, copied at one moment and checked. Passwords in it are sealed with \
                the key in site.key in the daemon's state folder, and the key is not in it: keep a copy of that file too, somewhere else. \
                Disks and images are not in it either. Until it is whole it is FILE.partial-…; one that an interruption leaves may go.

                To go back: stop lyceumd, move lyceum.db away, then lyceum admin restore FILE.
                """)

        @Argument(help: "The file to make; there must be none of that name.")
        var file: String
        @OptionGroup var common: CommonOptions

        func validate() throws {
            // Half of a stream cannot be taken back, half of a file is removed.
            guard file != "-" else { throw ValidationError("A backup goes into a file, not to standard output: name one.") }
        }

        func run(in session: Session) async throws {
            let size: Int64
            do { size = try await save(session) } catch let error as CocoaError {
                throw CommandFailure.file(file, reason: error.localizedDescription)
            }
            session.note("\(file): \(size) bytes. Keep site.key of the daemon's state folder too, and somewhere else.")
        }

        private func save(_ session: Session) async throws -> Int64 {
            var size: Int64 = 0
            try await session.surroundings.save(file) { write in size = try await session.client.backup(write) }
            return size
        }
    }
#endif
