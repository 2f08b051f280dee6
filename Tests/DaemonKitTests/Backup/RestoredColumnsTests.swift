// SPDX-License-Identifier: Apache-2.0

import CloudStore
import Testing

/// A record that a run can hold must be freed where the run is ended by a restore (CloudOperations, Restored). Whoever adds one is told here.
@Suite struct RestoredColumnsTests {
    private static let known: Set<String> = [
        // Of what was, not of what holds.
        // A doubt about a password stays: both are kept sealed until the next one is set.
        "activities.operation", "remembered_requests.operation", "secrets.doubtedBy",
        "disks.collectedBy", "disks.operation", "statuses.operation", "uploads.operation",
    ]

    @Test func everyHoldOfARunIsKnownToTheRestore() {
        func columns<Record: StoredRecord>(_ type: Record.Type) -> [String] {
            Record.Column.allCases.map(\.rawValue).filter { $0.lowercased().contains("operation") || $0.hasSuffix("By") }
                .filter { $0 != "grantedBy" }.map { "\(Record.table).\($0)" }
        }
        #expect(Set(StoredRecords.all.flatMap { columns($0) }) == Self.known)
    }
}
