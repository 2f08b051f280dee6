// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudStore
import CloudWorkflow
import NetFabric

/// What a cloud may still believe of records that were restored from a backup.
///
/// Between the backup and now the hosts went on, and nobody knows how far. What was under way is therefore neither finished nor taken
/// back: an undo of then would remove the disk of a machine that has worked for a week. What it had made or was charged for becomes the
/// machine's or its owner's, or goes, so that quotas are what a recount says. Instances that were on their way to a host are
/// called running, for the host watch compares that with what it sees and settles those that are not; a disk in the trash begins its time
/// there anew (Documentation/decisions/0020-what-a-restored-site-believes.md).
public enum Restored {
    /// What was done to the records.
    public struct Report: Hashable, Sendable {
        /// Operations that were under way in the backup, and are ended.
        public var operations = 0
        /// Instances that such an operation held.
        public var freed: [ID<InstanceKind>] = []
        /// Images that were being imported, and are forgotten; their files are told by the audit.
        public var images: [ID<ImageKind>] = []
        /// Templates whose first revision was being made, and are forgotten: their names are free.
        public var templates: [ID<TemplateKind>] = []
        /// Disks in the trash, whose time there begins anew.
        public var trashed = 0
    }

    /// Readies records that were restored, in one transaction; a repeat is harmless. Throws what the store failed with.
    public static func settle(_ store: any Store, at now: Timestamp) async throws -> Report {
        let open = try await store.openRuns()
        let unread = open.unread.keys.sorted()
        return try await store.write { tx in
            var report = Report(operations: open.runs.count)
            for run in open.runs {
                try tx.settle(run, at: now)
                try tx.end(run.id, at: now)
            }
            // Nobody knows which machine it was about, nor can it be ended: an operator is sent to look, and the others are settled.
            for run in unread {
                guard try tx.alarms.rows.find(key: run.text) == nil else { continue }
                try tx.alarms.insert(Alarm(id: run.text, code: "remains-unknown", parameters: ["operation": run.text], since: now))
            }
            for status in try tx.statuses.all() where status.operation != nil {
                try tx.free(status, at: now)
                report.freed.append(status.id)
            }
            for disk in try tx.disks.all() where disk.trashedAt != nil || disk.collectedBy != nil || disk.operation != nil {
                try tx.disks.change(disk.id) { row in
                    (row.trashedAt, row.collectedBy, row.operation) = (row.trashedAt.map { _ in now }, nil, nil)
                }
                if disk.trashedAt != nil { report.trashed += 1 }
            }
            for upload in try tx.uploads.all() where upload.operation != nil { try tx.uploads.change(upload.id) { $0.operation = nil } }
            for image in try tx.images.all(.equals(.state, .text(ImageState.importing.rawValue))) {
                try tx.images.delete(image.id)
                // What is saved of a machine is charged from its beginning.
                try tx.giveBack(ResourceAmounts(disk: image.charged), to: image.group, and: image.owner)
                report.images.append(image.id)
            }
            // A guest may have been told other keys since.
            for row in try tx.instanceKeys.all() {
                try tx.forgetTold(row.id)
                try tx.doubtNote(row.id)
            }
            // Machines that were made since run on, with addresses that no record has. Those that are made now begin elsewhere; by three
            // eighths, so that a few restores in a row do not come round.
            for network in try tx.networks.all() {
                let pool = FabricNetwork(network).pool
                try tx.networks.change(network.id) { $0.nextAddress = pool.hint(pool.size * 3 / 8, beyond: $0.nextAddress) }
            }
            for template in try tx.templates.all() where try tx.deleteUnused(template.id) { report.templates.append(template.id) }
            return report
        }
    }
}

extension StoreTransaction {
    /// What a run made or was charged for before its end, brought to what can be stood by without asking a host: what it holds of the
    /// machine's rows and of its quota is then what a recount says. A half-made image and its template are seen to with the others.
    fileprivate func settle(_ run: RunRecord, at now: Timestamp) throws {
        // Of what is about no instance nothing is left.
        guard let id = ID<InstanceKind>(run.object), let row = try instances.find(id), row.alive else { return }
        let operation = try run.id.operation()
        let remains: Remains
        do {
            guard let left = try Remains(of: operation, in: self) else { return }
            remains = left
        } catch is JournalUnreadable {
            // As `Remains.left`: an operator is sent to look. The run has an activity already.
            guard try alarms.rows.find(key: id.text) == nil else { return }
            return try alarms.insert(
                Alarm(id: id.text, code: "remains-unknown", parameters: ["operation": operation.text], since: now))
        }
        let isTakenBack = try journal.entries(of: run.id).contains { $0.kind == .unwinding }
        // Its address is given to nobody soon: the hint of its network moves on.
        for port in remains.ports { try ports.delete(port.id) }
        for stray in remains.strays {
            // A data disk is its owner's: a guest may have written it since, and what was never made is refused where it is attached.
            let isKept = try !isTakenBack && disks.get(stray).owner != nil
            if isKept { try detach(stray, from: id) } else { try giveUp(stray: stray) }
        }
        // A disk that may have grown has; the disk of a checkpoint is the machine's, for the guest may have written it since. Its memory is
        // not believed in, so that one can return to it without. A checkpoint that was being dropped stays: where its layer is gone the
        // machine does not start, and where it is not, a chain without it would be read wrong.
        if let growth = remains.growth { try settle(growth, isDone: !isTakenBack, of: row) }
        if let kept = remains.kept {
            if isTakenBack { try giveUp(kept, of: row) } else { try keep(kept, hasMemory: false, of: row, at: now) }
        }
        if remains.isAnotherDisk { try doubtPassword(of: id, by: operation) }
    }

    /// Ends a run where its journal stands, without an undo, and its activity with it.
    fileprivate func end(_ run: RunID, at now: Timestamp) throws {
        let refusal = CloudError(.recordsRestored, ["operation": run.text])
        try journal.update(run) { record in
            (record.state, record.failure, record.waitingFor, record.stuck) = (.superseded, refusal.failure, nil, nil)
        }
        for activity in try activities.all(.equals(.operation, .text(run.text))) where activity.endedAt == nil {
            try activities.change(activity.id) { ($0.endedAt, $0.outcome) = (now, refusal) }
        }
    }

    /// Frees an instance of the run that held it. One that was placed, and may be on its host by now, is called running.
    fileprivate func free(_ status: InstanceStatus, at now: Timestamp) throws {
        var row = status
        row.operation = nil
        let event: InstanceState.Event = row.state == .suspended ? .woken : .started
        if row.host != nil, !row.state.holdsHost, let running = row.state.after(event) {
            (row.state, row.failure, row.changedAt, row.readyAt) = (running, nil, now, nil)
            if event == .started { try closeSlots(of: row.id) }
        }
        try statuses.update(row)
    }
}
