// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
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
        /// Disks whose removal was refused, now or at an earlier pass since which they are let alone, and those whose rows cannot be read;
        /// and why.
        public fileprivate(set) var refused: [ID<DiskKind>: any Error] = [:]
        /// Uploads whose removal was begun, oldest first.
        public fileprivate(set) var uploads: [ID<UploadKind>] = []
        /// Whether more disks are due than ``Collector/budget``, or than may be removed in an hour.
        public fileprivate(set) var isOverBudget = false
        /// Stores where nothing new takes room, in order.
        public fileprivate(set) var full: [ID<StoreKind>] = []
        /// Stores of which nobody could say how full they are.
        public fileprivate(set) var silent: [ID<StoreKind>: any Error] = [:]
        /// Ports whose addresses are free again: those whose time is over, then those that went before it, for their network was nearly full.
        public fileprivate(set) var ports: [ID<PortKind>] = []
        /// The number up to which events were removed; nil for none.
        public fileprivate(set) var events: Int64?
        /// Parts of the pass that failed, and why; the others went on.
        public fileprivate(set) var failed: [String: any Error] = [:]
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
        for host in cloud.world.hosts.ids {
            try await part("trash on \(host)", of: &report) { try await makeRoom(on: host, driving: driving, into: &$0) }
        }
        try await part("uploads", of: &report) { try await collectUploads(driving: driving, into: &$0) }
        let store = cloud.world.store
        try await part("ports", of: &report) { report in
            report.ports = try await store.write { tx in
                let over = try tx.ports.all(.below(.keptUntil, .time(now))).map(\.id)
                for port in over { try tx.ports.delete(port) }
                return over
            }
        }
        try await part("addresses", of: &report) { report in
            report.ports += try await store.write { try $0.takeBackAddresses(freePercent: settings.addressesFreePercent) }
        }
        try await part("forwarded ports", of: &report) { _ in
            try await store.write { tx in
                for forward in try tx.forwardedPorts.all(.below(.keptUntil, .time(now))) { try tx.forwardedPorts.delete(forward.id) }
                try tx.takeBackPublicPorts(freePercent: settings.addressesFreePercent)
            }
        }
        try await part("notices", of: &report) { _ in
            let told = Query<Notice>(.below(.queuedAt, .time(now - settings.noticesKept)), order: .queuedAt, limit: 1000)
            try await store.write { tx in for notice in try tx.notices.rows.list(told) { try tx.notices.delete(notice.id) } }
        }
        try await part("answers", of: &report) { _ in
            let old = Query<RememberedRequest>(.below(.at, .time(now - Cloud.answersKept)), order: .at, limit: 1000)
            try await store.write { tx in
                for row in try tx.rememberedRequests.rows.list(old) { try tx.delete(RememberedRequest.self, row.id) }
            }
        }
        try await part("events", of: &report) { $0.events = try await removeEvents(at: now) }
        return report
    }

    /// One part of the pass: what fails in it holds up no other, unless the store itself is away.
    private func part(_ name: String, of report: inout Report, _ body: (inout Report) async throws -> Void) async throws {
        do { try await body(&report) } catch let error where error.isOneObjects { report.failed[name] = error }
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
        let before = report.disks.count
        var hasMore = false
        // Most stores have room most of the time.
        var trash = Trash(files: rule.wanted > .zero ? try await files(of: store, on: host, into: &report) : [], rule: rule)
        choosing: while let disk = trash.next(at: now) {
            do {
                // A layer went with the last of what lay on it.
                guard let row = try await world.store.read({ try $0.disks.find(disk) }), row.collectedBy == nil else { continue }
                if let instance = row.instance { try await requireOff(instance, with: disk, on: host) }
                guard report.disks.count < Self.budget else {
                    report.isOverBudget = true
                    hasMore = true
                    break choosing
                }
                try await cloud.begin(CollectDisk(disk), driving: driving) { try $0.takeDestruction(.collect, world: world) }
                report.disks.append(disk)
                world.notCollected.forget(disk)
            } catch let spent as OverBudget {
                report.isOverBudget = true
                try await world.store.write { try $0.raiseOverBudget(spent.kind, world: world) }
                break choosing
            } catch let error where error.isOneObjects {
                report.refused[disk] = error
                world.notCollected.note(disk, because: error, at: now)
                // What stays frees nothing: the next oldest goes in its place.
                trash.keep(disk)
                guard trash.kept < Self.budget else { break choosing }
            }
        }
        // What goes makes room soon: the next pass sees whether it was enough.
        let isFull = report.disks.count == before && !hasMore && space.isFull(by: settings)
        if isFull { report.full.append(store) }
        try await tell(of: store, isFull: isFull, space)
    }

    /// Throws `image-in-use` where the machine of a disk in the trash runs: records that were restored may be of before it was taken out.
    private func requireOff(_ instance: ID<InstanceKind>, with disk: ID<DiskKind>, on host: ID<HostKind>) async throws {
        let power = try await cloud.world.hosts.parts(of: host).guests.observe(instance).power
        guard power == .running || power == .paused else { return }
        throw CloudError(.imageInUse, ["image": disk.text, "by": instance.text])
    }

    /// The trash of one store while a pass goes through it.
    private struct Trash {
        var files: [TrashChoice.File]
        let rule: TrashChoice.Rule
        private var met: Set<String> = []
        private(set) var kept = 0
        private var chosen: [String]?

        init(files: [TrashChoice.File], rule: TrashChoice.Rule) { (self.files, self.rule) = (files, rule) }

        /// The next that goes, each once; nil where enough goes, or nothing is left to give.
        mutating func next(at now: Timestamp) -> ID<DiskKind>? {
            var going = chosen ?? TrashChoice.choose(files, by: rule, at: now).filter { !met.contains($0) }.reversed()
            let name = going.popLast()
            chosen = going
            name.map { _ = met.insert($0) }
            return name.flatMap { ID($0) }
        }

        /// One that is not removed now; what was chosen counted on its room.
        mutating func keep(_ disk: ID<DiskKind>) {
            files = files.map { $0.id == disk.text ? $0.staying : $0 }
            (kept, chosen) = (kept + 1, nil)
        }
    }

    /// The disks of a store that have rows, what they lie on and the room that each takes. What a run removes already stays until it is
    /// gone, and so does what was refused of late, and what cannot be read with what it lies on.
    private func files(of store: ID<StoreKind>, on host: ID<HostKind>, into report: inout Report) async throws -> [TrashChoice.File] {
        let (rows, unread) = try await cloud.world.store.read { view -> ([Disk], [(DiskOutline, any Error)]) in
            // Most stores have no trash most of the time.
            guard try view.disks.count(.above(.trashedAt, .integer(.min))) > 0 else { return ([], []) }
            let found = try view.readable(Query<Disk>(.equals(.store, .id(store))))
            // What cannot be read lies on something all the same.
            let unread = try found.unread.sorted { $0.key < $1.key }.compactMap { name, error in
                try view.find(DiskOutline.self, name).map { ($0, error as any Error) }
            }
            return (found.rows, unread)
        }
        for (outline, error) in unread { ID(outline.id).map { report.refused[$0] = error } }
        let taken: [ID<DiskKind>: ByteCount]
        do { taken = try await cloud.world.hosts.parts(of: host).disks.inventory().taken } catch let error
            where error is CloudError || error is OutcomeUnknown
        {
            report.silent[store] = error
            return []
        }
        let waiting = cloud.world.notCollected.waiting(at: cloud.world.clock.now())
        return rows.map { disk in
            let file = TrashChoice.File(
                id: disk.id.text, parent: (disk.base?.text ?? disk.image?.text), size: taken[disk.id] ?? .zero,
                fate: disk.trashedAt.map { .trashed(since: $0) } ?? .living,
                // Without the disk that it boots from an instance is not recovered; without a layer that nothing lies on it is.
                isVital: disk.slot != nil)
            guard let error = waiting[disk.id], disk.trashedAt != nil else { return disk.collectedBy == nil ? file : file.staying }
            report.refused[disk.id] = error
            return file.staying
        } + unread.map { outline, _ in TrashChoice.File(id: outline.id, parent: outline.base ?? outline.image, size: .zero, fate: .living) }
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
                try tx.takeBack(store.text, at: now)
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

extension TrashChoice.File {
    /// The same, where it does not go.
    fileprivate var staying: Self { Self(id: id, parent: parent, size: size, fate: .living, isVital: isVital) }
}

/// As much of a disk's row as can always be read: nothing of it is judged.
private struct DiskOutline: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, store, image, base }
    typealias CodingKeys = Column
    static var table: String { Disk.table }
    var id: String
    var version: Int64
    var store: String
    var image: String?
    var base: String?
    var key: String { id }
}
