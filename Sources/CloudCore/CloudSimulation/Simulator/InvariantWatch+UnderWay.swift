// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
import CloudStore
import CloudWorkflow

extension StoreView {
    /// The accounts of which a recount says nothing now: between two commits of these operations there are rows that are not charged (a disk
    /// that is to take another's place), or a charge without its row (memory that is being kept, a disk that is to grow). What takes a
    /// machine over from one of them finds it so.
    func accountsUnderWay() throws -> Set<String> {
        let kinds: Set = [
            CheckpointInstance.kind, DestroyInstance.kind, ForceOffInstance.kind, GrowDisk.kind, RebuildInstance.kind,
            ReturnToCheckpoint.kind,
        ]
        var accounts: Set<String> = []
        for status in try statuses.all() {
            guard let holder = status.operation, let run = try run(RunID(holder.text)), kinds.contains(run.kind),
                let row = try instances.find(status.id)
            else { continue }
            accounts.formUnion([row.group.text, row.owner.text])
        }
        return accounts
    }
}
