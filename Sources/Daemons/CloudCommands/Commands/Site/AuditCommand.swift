// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient

    /// `lyceum audit`: exit status 1 where records and hosts differ.
    struct AuditCommand: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "audit", abstract: "Compare the records with what is on the hosts; for site operators.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let audit = try await session.client.audit()
            var columns: [Column<AuditBody>] = [
                Column("machines") { Cell($0.machines) },
                Column("trashed disks") { Cell($0.trashed) },
                Column("open operations") { Cell($0.openOperations) },
                Column("differences") { Cell($0.differences.count) },
            ]
            // A line each: after a restore there may be hundreds, to be searched and cut.
            columns += audit.value.differences.map { difference in Column("difference") { _ in Cell(difference) } }
            session.output.show(audit, columns)
            guard audit.value.differences.isEmpty else { throw CommandFailure.differences(audit.value.differences.count) }
        }
    }
#endif
