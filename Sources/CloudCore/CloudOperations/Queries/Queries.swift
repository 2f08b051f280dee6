// SPDX-License-Identifier: Apache-2.0

import Access
public import CloudModel
public import CloudStore

// Questions. Each takes a principal; a list shows exactly what a single fetch allows (invariant I32).

/// A record that has an owner of record.
public protocol OwnedRecord: StoredRecord {
    /// The owner of record.
    var owner: ID<UserKind> { get }
    /// The column of the id.
    static var idColumn: Column { get }
}

extension Image: OwnedRecord {
    /// `id`
    public static var idColumn: Column { .id }
}
extension Instance: OwnedRecord {
    /// `id`
    public static var idColumn: Column { .id }
}
extension LeasePolicy: OwnedRecord {
    /// `id`
    public static var idColumn: Column { .id }
}
extension Network: OwnedRecord {
    /// `id`
    public static var idColumn: Column { .id }
}
extension Template: OwnedRecord {
    /// `id`
    public static var idColumn: Column { .id }
}

extension Cloud {
    /// The most elements of a page.
    public static let pageLimit = 500

    // MARK: Instances

    /// The instances that the principal may see, in order of their ids; the trash only where it is asked for. One of which a row cannot be
    /// read is not among them: ``instance(_:for:)`` says why. Throws that where none of the page can be read.
    public func instances(
        for principal: Principal, name: String? = nil, tag: String? = nil, trash: Bool = false, after: String? = nil, limit: Int = 100
    ) async throws -> Page<InstanceView> {
        var conditions: [Condition<Instance>] = trash ? [] : [.equals(.alive, .integer(1))]
        if let name { conditions.append(.equals(.name, .text(name))) }
        if let tag { conditions.append(.lists(.tags, tag)) }
        let (now, settings) = (world.clock.now(), world.settings)
        return try await world.store.read { [conditions] view in
            try view.readingOn(after: after) { cursor in
                let page = try view.page(Instance.self, for: principal, conditions, after: cursor, limit: limit, at: now)
                let (views, unread) = try view.readableViews(page.elements, settings: settings, at: now)
                return (Page(elements: views, next: page.next), unread)
            }
        }
    }

    /// One instance; a foreign one answers as an unknown one.
    public func instance(_ id: ID<InstanceKind>, for principal: Principal) async throws -> InstanceView {
        let (now, settings) = (world.clock.now(), world.settings)
        return try await world.store.read { view in
            let instance = try view.instance(id, for: .see, by: principal, at: now)
            guard let found = try view.instanceViews([instance], settings: settings, at: now).first else {
                throw CloudError(.notFound, ["object": id.text])
            }
            return found
        }
    }

    /// What was done and seen of an instance, newest first; the newest `limit`.
    public func activities(of id: ID<InstanceKind>, for principal: Principal, limit: Int = 100) async throws -> [Activity] {
        try await activities(of: id, for: principal, after: nil, limit: limit).elements
    }

    /// What was done and seen of an instance, newest first, a page of it: from the newest on, or behind a place.
    public func activities(
        of id: ID<InstanceKind>, for principal: Principal, after place: ActivityPlace?, limit: Int = 100
    ) async throws -> Page<Activity> {
        let (now, limit) = (world.clock.now(), min(max(limit, 1), Self.pageLimit))
        return try await world.store.read { view in
            _ = try view.instance(id, for: .see, by: principal, at: now)
            return try view.activityPage(of: id.text, after: place, limit: limit)
        }
    }

    /// What was done and seen of any object, by its id, newest first, a page of it: for site operators, for who may see the object, and for
    /// people of themselves. Another object answers as an unknown one; so does one of which nothing is known, except to site operators, whose
    /// page is empty.
    public func activities(
        ofObject object: String, for principal: Principal, after place: ActivityPlace?, limit: Int = 100
    ) async throws -> Page<Activity> {
        let (now, limit) = (world.clock.now(), min(max(limit, 1), Self.pageLimit))
        return try await world.store.read { view in
            guard try object == principal.user.text || view.maySee(object, principal, at: now) else {
                throw CloudError(.notFound, ["object": object])
            }
            return try view.activityPage(of: object, after: place, limit: limit)
        }
    }

    /// A public port that leads to an instance which the principal may see; another answers as an unknown one.
    public func forwardedPort(_ id: ID<ForwardedPortKind>, for principal: Principal) async throws -> ForwardedPort {
        let now = world.clock.now()
        return try await world.store.read { try $0.forwardedPort(id, for: principal, at: now) }
    }

    // MARK: Images, templates, networks, hosts

    /// The records of a kind that the principal may see, in order of their ids.
    public func list<Record: OwnedRecord>(_ type: Record.Type, for principal: Principal, after: String? = nil, limit: Int = 100)
        async throws
        -> Page<Record>
    {
        let now = world.clock.now()
        return try await world.store.read { try $0.page(type, for: principal, [], after: after, limit: limit, at: now) }
    }

    /// One record; a foreign one answers as an unknown one.
    public func find<Record: OwnedRecord>(_ type: Record.Type, _ key: String, for principal: Principal) async throws -> Record {
        let now = world.clock.now()
        return try await world.store.read { try $0.owned(type, key, for: principal, at: now) }
    }

    /// The templates that the principal may see, with their production revisions.
    public func templates(for principal: Principal, after: String? = nil, limit: Int = 100) async throws -> Page<TemplateView> {
        let now = world.clock.now()
        return try await world.store.read { view in
            let page = try view.page(Template.self, for: principal, [], after: after, limit: limit, at: now)
            return Page(elements: try view.templateViews(page.elements), next: page.next)
        }
    }

    /// One template; a foreign one answers as an unknown one.
    public func template(_ id: ID<TemplateKind>, for principal: Principal) async throws -> TemplateView {
        let template = try await find(Template.self, id.text, for: principal)
        guard let found = try await world.store.read({ try $0.templateViews([template]).first }) else {
            throw CloudError(.notFound, ["object": id.text])
        }
        return found
    }

    /// The hosts, in order of their ids; for site operators only, for others there are none.
    public func hosts(for principal: Principal, after: String? = nil, limit: Int = 100) async throws -> Page<HostView> {
        guard principal.holds(.operateHosts) else { return Page(elements: [], next: nil) }
        let (now, settings) = (world.clock.now(), world.settings)
        return try await world.store.read { view in
            let page = try view.page(CloudHost.self, .id, [], after: after, limit: limit)
            return Page(elements: try view.hostViews(page.elements, freshness: settings.freshness, at: now), next: page.next)
        }
    }

    /// One host; for site operators only, for others it is not found.
    public func host(_ id: ID<HostKind>, for principal: Principal) async throws -> HostView {
        let (now, settings) = (world.clock.now(), world.settings)
        return try await world.store.read { view in
            guard principal.holds(.operateHosts), let host = try view.hosts.find(id),
                let found = try view.hostViews([host], freshness: settings.freshness, at: now).first
            else { throw CloudError(.notFound, ["object": id.text]) }
            return found
        }
    }

    /// The groups that the principal is a member of, in order of their ids.
    public func groups(for principal: Principal, after: String? = nil, limit: Int = 100) async throws -> Page<Group> {
        try await world.store.read { view in
            try view.page(Group.self, .id, [.isIn(.id, principal.groups.map(StoreValue.id))], after: after, limit: limit)
        }
    }

    /// The public ports that lead to an instance, in order of their ids.
    public func forwardedPorts(
        of instance: ID<InstanceKind>, for principal: Principal, after: String? = nil, limit: Int = 100
    ) async throws -> Page<ForwardedPort> {
        let now = world.clock.now()
        return try await world.store.read { view in
            _ = try view.instance(instance, for: .see, by: principal, at: now)
            return try view.page(ForwardedPort.self, .id, [.equals(.instance, .id(instance))], after: after, limit: limit)
        }
    }

    /// The data disks of the principal, in order of their ids; for site operators those of everybody.
    public func disks(for principal: Principal, after: String? = nil, limit: Int = 100) async throws -> Page<Disk> {
        let own: Condition<Disk> = principal.holds(.operateHosts) ? .above(.owner, .text("")) : .equals(.owner, .id(principal.user))
        return try await world.store.read { try $0.page(Disk.self, .id, [own], after: after, limit: limit) }
    }

    /// One data disk of the principal; for site operators anybody's. Any other is `not-found`.
    public func disk(_ id: ID<DiskKind>, for principal: Principal) async throws -> Disk {
        try await world.store.read { try $0.dataDisk(id, for: principal) }
    }
}

extension StoreView {
    /// As ``Cloud/forwardedPort(_:for:)``.
    func forwardedPort(_ id: ID<ForwardedPortKind>, for principal: Principal, at now: Timestamp) throws -> ForwardedPort {
        let row = try forwardedPorts.get(id)
        do { _ = try instance(row.instance, for: .see, by: principal, at: now) } catch let refusal as CloudError {
            throw refusal.code == .notFound ? CloudError(.notFound, ["object": id.text]) : refusal
        }
        return row
    }

    /// As ``Cloud/find(_:_:for:)``.
    func owned<Record: OwnedRecord>(_ type: Record.Type, _ key: String, for principal: Principal, at now: Timestamp) throws -> Record {
        guard let record = try find(type, key) else { throw CloudError(.notFound, ["object": key]) }
        try require(principal, .see, on: key, owner: record.owner, at: now)
        return record
    }

    /// As ``Cloud/disk(_:for:)``.
    func dataDisk(_ id: ID<DiskKind>, for principal: Principal) throws -> Disk {
        guard let disk = try disks.find(id), let owner = disk.owner, owner == principal.user || principal.holds(.operateHosts)
        else { throw CloudError(.notFound, ["object": id.text]) }
        return disk
    }

    /// Whether a principal may see an object, whatever its kind; what is not there is seen by site operators only.
    func maySee(_ object: String, _ principal: Principal, at now: Timestamp) throws -> Bool {
        if principal.holds(.operateHosts) { return true }
        func owner<Record: OwnedRecord>(_ type: Record.Type) throws -> ID<UserKind>? { try find(type, object)?.owner }
        guard
            let owner = try owner(Instance.self) ?? owner(Template.self) ?? owner(Image.self) ?? owner(Network.self)
                ?? owner(LeasePolicy.self)
        else { return false }
        return Access.decide(principal, .see, on: try accessFacts(of: object, owner: owner), at: now) == .allowed
    }

    func templateViews(_ templates: [Template]) throws -> [TemplateView] {
        let query = Query<TemplateRevision>(conditions: [.isIn(.template, templates.map { .id($0.id) })])
        let all = Dictionary(grouping: try readable(query).rows, by: \.template)
        return templates.map { template in
            TemplateView(template: template, revisions: all[template.id, default: []].sorted { $0.number < $1.number })
        }
    }

    func hostViews(_ hosts: [CloudHost], freshness: Duration, at now: Timestamp) throws -> [HostView] {
        let reports = Dictionary(uniqueKeysWithValues: try readable(Query<HostEvidence>()).rows.map { ($0.id, $0) })
        return try hosts.map { host in
            let evidence = reports[host.id]
            let claimed = ResourceAmounts(
                cpus: CPUCount(Int(try claims.sum(.cpus, .equals(.host, .id(host.id))))),
                memory: ByteCount(bytes: try claims.sum(.memory, .equals(.host, .id(host.id)))))
            return HostView(
                host: host, evidence: evidence, claimed: claimed, isReachable: evidence.map { now - $0.seenAt <= freshness } ?? false)
        }
    }

    /// The views of those whose rows can be read, and why one of the others cannot: a row that cannot leaves out its own instance.
    func readableViews(
        _ instances: [Instance], settings: Settings, at now: Timestamp
    ) throws -> (views: [InstanceView], unread: CloudError?) {
        do { return (try instanceViews(instances, settings: settings, at: now), nil) } catch let error as CloudError
            where error.isUnreadableRow
        {
            var views: [InstanceView] = []
            for instance in instances {
                do { views += try instanceViews([instance], settings: settings, at: now) } catch let error as CloudError
                    where error.isUnreadableRow
                { continue }
            }
            return (views, error)
        }
    }

    /// One statement per table, however many instances.
    func instanceViews(_ instances: [Instance], settings: Settings, at now: Timestamp) throws -> [InstanceView] {
        let ids = instances.map { StoreValue.id($0.id) }
        let statuses = Dictionary(uniqueKeysWithValues: try statuses.all(.isIn(.id, ids)).map { ($0.id, $0) })
        let sightings = Dictionary(uniqueKeysWithValues: try sightings.all(.isIn(.id, ids)).map { ($0.id, $0) })
        let leases = Dictionary(uniqueKeysWithValues: try leases.all(.isIn(.id, ids)).map { ($0.id, $0) })
        let ports = Dictionary(grouping: try ports.all(.isIn(.instance, ids)), by: \.instance)
        let disks = Dictionary(grouping: try disks.all(.isIn(.instance, ids)), by: \.instance)
        let forwards = Dictionary(grouping: try forwardedPorts.all(.isIn(.instance, ids)), by: \.instance)
        let domains = Dictionary(uniqueKeysWithValues: try readable(Query<Network>()).rows.map { ($0.id, $0.domain) })
        let evidence = Dictionary(uniqueKeysWithValues: try readable(Query<HostEvidence>()).rows.map { ($0.id, $0) })
        let keys = Set(instances.map { "\($0.template)/\($0.revision)" }).sorted().map(StoreValue.text)
        let access = Dictionary(uniqueKeysWithValues: try revisions.all(.isIn(.id, keys)).map { ($0.id, $0.access) })
        return instances.compactMap { instance in
            guard let status = statuses[instance.id], let lease = leases[instance.id] else { return nil }
            let ports = ports[instance.id, default: []].inSlots
            return InstanceView(
                instance: instance, status: status,
                shown: ShownState(status, evidence: status.host.flatMap { evidence[$0] }, freshness: settings.freshness, at: now),
                seen: sightings[instance.id].flatMap { $0.isOf(status) ? $0 : nil }, lease: lease,
                disks: disks[instance.id, default: []].inSlots,
                ports: ports.map { PortView(port: $0, domain: domains[$0.network] ?? "") },
                forwardedPorts: forwards[instance.id, default: []].sorted { $0.publicPort < $1.publicPort },
                access: access["\(instance.template)/\(instance.revision)"] ?? .ssh,
                trash: instance.alive ? nil : TrashView(disks[instance.id] ?? [], since: status.changedAt, settings.trashKept))
        }
    }
}

extension TrashView {
    /// What is left, by the rows of the disks.
    init(_ disks: [Disk], since: Timestamp, _ kept: Duration) {
        let isThere = !disks.inSlots.isEmpty && disks.allSatisfy { $0.collectedBy == nil }
        self.init(isRecoverable: isThere, keptUntil: isThere ? since + kept : nil)
    }
}
