// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
import ImageStore

/// Keeps room: of the disks in the trash the oldest go while a store has less free space than the settings say, but none before its time;
/// and bytes that nobody imported, addresses, answers, notices and events go that were kept long enough. Where no
/// more is left than what is there already may need (``Settings/reservedPercent``), and the trash has nothing to give, an alarm is raised.
/// What takes room for good is refused then, alarm or not: uploads, first starts, new data disks, growth, checkpoints, templates that are
/// saved. A rebuild and a return to a checkpoint give up what they take.
/// Takes no input, may run at any time, acts through operations. While the clock cannot be right it does nothing. What cannot be removed holds up nothing else.
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
        /// Stores where nothing new takes room, in order.
        public fileprivate(set) var full: [ID<StoreKind>] = []
        /// Stores of which nobody could say how full they are.
        public fileprivate(set) var silent: [ID<StoreKind>: any Error] = [:]
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
        guard try await cloud.world.store.read({ try $0.clockIsSound(at: now, settings) }) else { return report }
        for host in cloud.world.hosts.ids { try await makeRoom(on: host, driving: driving, into: &report) }
        try await collectUploads(driving: driving, into: &report)
        report.ports = try await cloud.world.store.write { tx in
            let over = try tx.ports.all(.below(.keptUntil, .time(now))).map(\.id)
            for port in over { try tx.ports.delete(port) }
            for forward in try tx.forwardedPorts.all(.below(.keptUntil, .time(now))) { try tx.forwardedPorts.delete(forward.id) }
            let told = Query<Notice>(.below(.queuedAt, .time(now - settings.noticesKept)), order: .queuedAt, limit: 1000)
            for notice in try tx.notices.rows.list(told) { try tx.notices.delete(notice.id) }
            let old = Query<RememberedRequest>(.below(.at, .time(now - Cloud.answersKept)), order: .at, limit: 1000)
            for row in try tx.rememberedRequests.rows.list(old) { try tx.delete(RememberedRequest.self, row.id) }
            return over
        }
        report.events = try await removeEvents(at: now)
        return report
    }

    /// Removes what a store has to give, oldest first, until enough of it is free.
    private func makeRoom(on host: ID<HostKind>, driving: Bool, into report: inout Report) async throws {
        let (world, now) = (cloud.world, cloud.world.clock.now())
        guard let store = try await world.store.read({ try $0.hosts.find(host)?.store }) else { return }
        let space: StoreSpace
        do { space = try await world.hosts.parts(of: host).disks.space() } catch let error
            where error is CloudError || error is OutcomeUnknown
        {
            report.silent[store] = error
            return
        }
        let settings = world.settings
        let goal = space.part(max(settings.freePercent, settings.reservedPercent))
        let rule = TrashChoice.Rule(wanted: max(.zero, goal - space.free), floor: settings.trashKept, grace: settings.trashKept)
        let going = TrashChoice.choose(try await files(of: store), by: rule, at: now)
        for disk in going.compactMap({ ID<DiskKind>($0) }) {
            // A layer went with the last of what lay on it.
            guard try await world.store.read({ try $0.disks.find(disk).map { $0.collectedBy == nil } ?? false }) else { continue }
            guard report.disks.count < Self.budget, try await world.store.write({ try $0.takeDestruction(.collect, world: world) }) else {
                report.isOverBudget = true
                break
            }
            do {
                try await cloud.begin(CollectDisk(disk), driving: driving)
                report.disks.append(disk)
            } catch let refusal as CloudError { report.refused[disk] = refusal }
        }
        // What goes makes room soon: the next pass sees whether it was enough.
        let isFull = going.isEmpty && space.isFull(by: settings)
        if isFull { report.full.append(store) }
        try await tell(of: store, isFull: isFull, space)
    }

    /// The disks of a store that have rows, and what they lie on. What a run removes already stays until it is gone.
    private func files(of store: ID<StoreKind>) async throws -> [TrashChoice.File] {
        try await cloud.world.store.read { view in
            // Most stores have no trash most of the time.
            guard try view.disks.first(.above(.trashedAt, .integer(.min))) != nil else { return [] }
            return try view.disks.all(.equals(.store, .id(store))).map { disk in
                let fate = disk.collectedBy == nil ? disk.trashedAt.map { TrashChoice.File.Fate.trashed(since: $0) } : nil
                return TrashChoice.File(
                    id: disk.id.text, parent: (disk.base?.text ?? disk.image?.text), size: disk.virtualSize, fate: fate ?? .living,
                    // Without the disk that it boots from an instance is not recovered; without a layer that nothing lies on it is.
                    isVital: disk.slot != nil)
            }
        }
    }

    /// Raises the alarm of a store that keeps what it has left, or takes it back: nobody has to clear what is over by itself.
    private func tell(of store: ID<StoreKind>, isFull: Bool, _ space: StoreSpace) async throws {
        let (world, now, activity) = (cloud.world, cloud.world.clock.now(), cloud.world.ids.next(ActivityKind.self))
        let isRaised = try await world.store.read { try $0.alarms.find(key: store.text) != nil }
        guard isFull != isRaised else { return }
        try await world.store.write { tx in
            if isFull {
                let figures = space.figures(by: world.settings)
                try tx.raise(Alarm(id: store.text, code: ErrorCode.storeFull.rawValue, parameters: figures, since: now), activity)
            } else {
                try tx.delete(Alarm.self, store.text)
                try tx.addEvent(NewEvent(code: "alarm.cleared", object: store.text, operation: nil, at: now))
            }
        }
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
