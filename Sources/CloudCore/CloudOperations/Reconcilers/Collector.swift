// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow

/// Empties the trash: disks whose time is over, bytes that nobody imported, and addresses, answers and events that were kept long enough.
/// Takes no input, may run at any time, acts through operations. What cannot be removed holds up nothing else.
public struct Collector: Sendable {
    /// What a pass did.
    public struct Report: Sendable {
        /// Disks whose removal was begun, in order of their time.
        public fileprivate(set) var disks: [ID<DiskKind>] = []
        /// Disks whose removal was refused, and why.
        public fileprivate(set) var refused: [ID<DiskKind>: CloudError] = [:]
        /// Uploads whose removal was begun, oldest first.
        public fileprivate(set) var uploads: [ID<UploadKind>] = []
        /// Whether more disks are due than ``Collector/budget``.
        public fileprivate(set) var isOverBudget = false
        /// Ports whose addresses are free again, in order.
        public fileprivate(set) var ports: [ID<PortKind>] = []
        /// The number up to which events were removed; nil for none.
        public fileprivate(set) var events: Int64?
    }
    /// The most disks, and the most uploads, of one pass: a budget, so that a clock a year ahead does not empty the trash at once.
    public static let budget = 20
    /// The most events of one pass: more wait for the next, so that the store is not held for long.
    public static let eventBudget = 10_000

    let cloud: Cloud

    /// A collector of a cloud.
    public init(cloud: Cloud) { self.cloud = cloud }

    /// One pass.
    /// - Parameter driving: whether what follows is driven to its end in this task, for a cloud that nobody serves.
    public func pass(driving: Bool = false) async throws -> Report {
        let (now, settings) = (cloud.world.clock.now(), cloud.world.settings)
        var report = Report()
        let due = try await cloud.world.store.read { view in
            let over = try view.disks.list(
                Query(.below(.trashedAt, .time(now - settings.trashKept)), .equals(.collectedBy, .null), order: .trashedAt))
            // A layer goes with the last of what lies on it.
            return try over.filter { try view.disks(on: $0).isEmpty }.map(\.id)
        }
        for disk in due where report.disks.count < Self.budget {
            do {
                try await cloud.begin(CollectDisk(disk), driving: driving)
                report.disks.append(disk)
            } catch let refusal as CloudError { report.refused[disk] = refusal }
        }
        report.isOverBudget = due.count - report.refused.count > Self.budget
        try await collectUploads(driving: driving, into: &report)
        report.ports = try await cloud.world.store.write { tx in
            let over = try tx.ports.all(.below(.keptUntil, .time(now))).map(\.id)
            for port in over { try tx.ports.delete(port) }
            let old = Query<RememberedRequest>(.below(.at, .time(now - Cloud.answersKept)), order: .at, limit: 1000)
            for row in try tx.rememberedRequests.rows.list(old) { try tx.delete(RememberedRequest.self, row.id) }
            return over
        }
        report.events = try await removeEvents(at: now)
        return report
    }

    private func removeEvents(at now: Timestamp) async throws -> Int64? {
        let oldest = now - cloud.world.settings.eventsKept
        // Only this removes events, so what is found stays true until it is written; most passes find nothing and write nothing.
        guard let last = try await cloud.world.store.read({ try $0.expiredEvents(before: oldest, at: now, limit: Self.eventBudget) })
        else { return nil }
        try await cloud.world.store.write { try $0.deleteEvents(through: last) }
        return last
    }

    private func collectUploads(driving: Bool, into report: inout Report) async throws {
        let oldest = cloud.world.clock.now() - cloud.world.settings.uploadsKept
        let due = try await cloud.world.store.read { view in
            try view.uploads.list(
                Query(.below(.createdAt, .time(oldest)), .equals(.operation, .null), order: .createdAt, limit: Self.budget))
        }
        for upload in due.map(\.id) {
            // Refused where an import came first and has the bytes, or the upload is gone by now.
            do { try await cloud.begin(CollectUpload(upload), driving: driving) } catch is CloudError { continue }
            report.uploads.append(upload)
        }
    }
}

extension Principal {
    /// The cloud itself, as it acts in its reconcilers.
    static let theCloud = Principal(user: .theCloud, groups: [], role: .siteOperator)
}

extension ID where Kind == UserKind {
    /// `user-cloud`: nobody signs in as it.
    static var theCloud: Self { Self("user-cloud") ?? Self(bits: 0, 0) }
}
