// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudStore
public import CloudWorkflow

/// A cloud, whole: verbs go in by ``submit(_:key:seen:)``, questions are answered by the queries, and ``serve()`` is its life. Daemons and
/// embedders have the same rights here: every call takes a principal, none is a short cut.
public struct Cloud: Sendable {
    /// What it is made of.
    public let world: World
    /// Drives its operations.
    public let runner: Runner<any StoreTransaction, World>

    /// Every operation there is.
    static let operations: [any CloudOperation.Type] = [
        AdoptInstance.self, AttachDisk.self, AttachPort.self, CheckpointInstance.self, CloseForwardedPort.self, CollectDisk.self,
        CollectUpload.self,
        CreateInstances.self, CreateTemplate.self, DeleteDisk.self, DestroyInstance.self, DetachDisk.self, DetachPort.self,
        DropCheckpoint.self, ForceOffInstance.self, GrowDisk.self, ImportImage.self, InstallKeys.self, OpenForwardedPort.self,
        PauseInstance.self, PublishRevision.self, RebootInstance.self, RebuildInstance.self, RecoverInstance.self, RenewInstances.self,
        ResetInstance.self, ResizeInstance.self, ResumeInstance.self, RetireRevision.self, ReturnToCheckpoint.self, SaveAsTemplate.self,
        SetPassword.self, SettleInstance.self, ShutDownInstance.self, StartInstance.self, SuspendInstance.self, UpdateInstance.self,
        WakeInstance.self,
    ]

    /// Every kind of operation that a journal of this version may hold.
    public static var kinds: OperationKinds<any StoreTransaction, World> {
        var kinds = OperationKinds<any StoreTransaction, World>()
        func add<Operation: CloudOperation>(_ type: Operation.Type) { kinds.add(type) }
        for operation in operations { add(operation) }
        return kinds
    }

    /// A cloud on a world.
    /// - Parameters:
    ///   - clock: for waiting; the world's wall clock is for dates.
    ///   - probe: stands at the boundaries of steps in checks and simulations.
    ///   - notice: told what whoever runs the cloud should know, for the log.
    public init(
        world: World, clock: any Clock<Duration>, probe: any BoundaryProbe = NoProbe(),
        notice: @escaping @Sendable (CloudNotice) -> Void = { _ in }
    ) {
        self.world = world
        self.clock = clock
        runner = Runner<any StoreTransaction, World>(
            .init(
                store: world.store.journaling, world: world, clock: clock, sealer: world.sealer, probe: probe,
                report: { run, error in
                    guard let run else { return notice(.notTakenUp(error)) }
                    if let unreadable = error as? RunUnreadable { return notice(.unreadable(run, unreadable.underlying)) }
                    notice(.cutOff(run, error))
                },
                tell: { news in
                    if case .stuck(let point) = news.outcome, point.attempts > 1 { return }
                    notice(.ended(news))
                }),
            kinds: Self.kinds)
        self.notice = notice
    }

    let clock: any Clock<Duration>
    let notice: @Sendable (CloudNotice) -> Void

    /// Lives until it is cancelled: drives operations, watches each host, repairs what it serves, brings changed keys to machines, calls
    /// those ready that came up late, keeps leases, empties the trash.
    public func serve() async {
        // What is taken up is placed by what hosts say now: a claim waits for the first look, and for the next one after a stall.
        world.looks.begin(world.hosts.ids, every: world.settings.watchInterval, by: clock)
        defer { world.looks.end() }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await runner.serve() }
            tasks.addTask { await countMoments() }
            for host in world.hosts.ids { tasks.addTask { await watch(host) } }
            for host in world.hosts.ids { tasks.addTask { await repair(host) } }
            tasks.addTask { await emptyTrash() }
            tasks.addTask { await bringKeys() }
            tasks.addTask { await callReady() }
            tasks.addTask { await keepLeases() }
            await tasks.waitForAll()
        }
    }

    private func countMoments() async {
        while !Task.isCancelled {
            do { try await clock.sleep(for: HostLooks.moment) } catch { return }
            world.looks.lived()
        }
    }

    private func watch(_ host: ID<HostKind>) async {
        var last: HostWatch.Report?
        await repeatedly("host watch", every: world.settings.watchInterval) {
            let report = try await HostWatch(cloud: self).pass(over: host)
            world.looks.looked(at: host, world.clock.now(), freshness: world.settings.freshness)
            for news in report.news(of: host, since: last) { notice(news) }
            last = report
        }
    }

    private func repair(_ host: ID<HostKind>) async {
        var last: FabricWatch.Report?
        await repeatedly("fabric watch", every: world.settings.driftInterval) {
            let report = try await FabricWatch(cloud: self).pass(over: host)
            for news in report.news(of: host, since: last) { notice(news) }
            last = report
        }
    }

    private func emptyTrash() async {
        var last: Collector.Report?
        await repeatedly("collector", every: world.settings.collectorInterval) {
            let report = try await Collector(cloud: self).pass()
            for news in report.news(since: last) { notice(news) }
            last = report
        }
    }

    private func bringKeys() async {
        var last: KeyRing.Report?
        await repeatedly("key ring", every: world.settings.keyInterval) {
            let report = try await KeyRing(cloud: self).pass()
            for news in report.news(since: last) { notice(news) }
            last = report
        }
    }

    private func callReady() async {
        var last: ReadyWatch.Report?
        await repeatedly("ready watch", every: world.settings.readyInterval) {
            let report = try await ReadyWatch(cloud: self).pass()
            for news in report.news(since: last) { notice(news) }
            last = report
        }
    }

    private func keepLeases() async {
        var last: LeaseSweeper.Report?
        await repeatedly("lease sweeper", every: world.settings.sweepInterval) {
            let report = try await LeaseSweeper(cloud: self).pass()
            for news in report.news(since: last) { notice(news) }
            last = report
        }
    }

    /// The longest sleep in one piece: an interval that somebody changes holds as soon as it ends.
    static let nap = Duration.seconds(5)

    /// Sleeps until an interval is over, as long as it is then.
    func rest(for interval: () -> Duration) async throws {
        var slept = Duration.zero
        while slept < interval() {
            let nap = min(Self.nap, interval() - slept)
            try await clock.sleep(for: nap)
            slept += nap
        }
    }

    private func repeatedly(_ name: String, every interval: @autoclosure () -> Duration, _ pass: () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                notice(.passed(name, try await clock.measure(pass)))
                try await rest(for: interval)
            } catch is CancellationError { return } catch {
                notice(.passFailed(name, error))
                do { try await rest(for: interval) } catch { return }
            }
        }
    }

    // MARK: Acts

    /// The answer to a verb that has begun.
    public struct Submitted: Sendable, Hashable {
        /// The operation.
        public let operation: ID<OperationKind>
        /// What it is about.
        public let object: String
        /// Whether this is the answer of an earlier request under the same key.
        public let repeated: Bool
    }

    /// Begins a verb and returns once its first commit is durable: the request is never lost after that. Throws the refusal, in which
    /// case nothing happened. ``serve()`` must be running, or come to run. A repeat under the same key gives the first answer; the same
    /// key with another body is `idempotency-mismatch`.
    /// - Parameter seen: the versions of an object that the caller decided by, compared in the verb's first transaction: where
    ///   another change came first it is `stale-version`.
    public func submit(_ operation: some CloudOperation, key: RequestKey? = nil, seen: SeenVersions? = nil) async throws -> Submitted {
        if let key, let known = try await remembered(key, operation.principal) { return known }
        // What restored records call off may run: its host says so at this manager's first look, and from then on it is claimed (`HostWatch`).
        await world.looks.recent(world.clock.now(), freshness: world.settings.freshness)
        let id = world.ids.next(OperationKind.self)
        let object = operation.object
        let row = key.map {
            RememberedRequest(
                id: $0.row(of: operation.principal), bodyHash: $0.bodyHash, operation: id, object: object, at: world.clock.now())
        }
        do {
            try await runner.submit(operation, as: RunID(id.text)) { tx in
                if let row { try tx.rememberedRequests.insert(row) }
                try seen?.require(in: tx, for: operation.principal, at: world.clock.now())
            }
        } catch let violation as UniqueViolation where violation.table == RememberedRequest.table {
            if let key, let known = try await remembered(key, operation.principal) { return known }
            throw violation
        }
        return Submitted(operation: id, object: object, repeated: false)
    }

    /// Begins what a reconciler decided; where nobody serves (a simulation), drives it to its end in this task.
    /// - Parameter alongside: what it was decided by, looked at again in the operation's first transaction.
    func begin(
        _ operation: some CloudOperation, driving: Bool, alongside: @escaping @Sendable (any StoreTransaction) throws -> Void = { _ in }
    ) async throws {
        let id = RunID(world.ids.next(OperationKind.self).text)
        guard driving else { return try await runner.submit(operation, as: id, alongside: alongside) }
        do { _ = try await runner.perform(operation, as: id, alongside: alongside) } catch is RunRefused {} catch is RunIsStuck {}
    }

    /// Asks an operation, and those that it recorded, to stop at their next step borders; only who began it, or a site operator, may.
    /// Each ends undone, or done where it has come too far to be taken back. Harmless for one that has ended: what it recorded may still
    /// be on its way.
    public func cancel(_ operation: ID<OperationKind>, by principal: Principal) async throws {
        let view = try await self.operation(operation, for: principal)
        guard view.run.actor == principal.user.text || principal.holds(.operateHosts) else {
            throw CloudError(.denied, ["verb": "cancel", "object": operation.text, "needed": Permission.operateHosts.rawValue])
        }
        try await runner.cancel(view.run.id)
        for child in view.children where !child.state.isTerminal { try await runner.cancel(child.id) }
    }

    // MARK: Requests with their ids

    /// The request for one instance or a batch, with all ids chosen.
    ///
    /// - Parameter revision: a revision of the template for those who work on it; nil for the one in production.
    /// - Parameter name: a name, or a pattern with one `%d` or `%02d` for the number of the member; several members of a name without
    ///   a pattern get `-01`, `-02` …; nil is the host name.
    public func request(
        template: ID<TemplateKind>, revision: Int? = nil, name: String?, hostname: DNSLabel? = nil, count: Int = 1,
        group: ID<GroupKind>? = nil, start: Bool = true, by principal: Principal
    ) throws -> CreateInstances {
        guard (1...BatchLimits.instances).contains(count) else {
            throw CloudError(.invalidField, ["pointer": "/count", "reason": "a batch has 1 to \(BatchLimits.instances) instances"])
        }
        guard hostname == nil || count == 1 else {
            throw CloudError(.invalidField, ["pointer": "/hostname", "reason": "a host name is for one instance, not for a batch"])
        }
        let names = try name.map { try BatchNames.names($0, count: count) }
        let members = try (0..<count).map { index in
            let id = world.ids.next(InstanceKind.self)
            return CreateInstances.Member(
                id: id, name: try names?[index] ?? DisplayName(DNSLabel(of: id).text), label: hostname, port: world.ids.next(PortKind.self),
                disk: world.ids.next(DiskKind.self), password: world.passwords.next(), start: world.ids.next(OperationKind.self))
        }
        return CreateInstances(by: principal, template: template, revision: revision, group: group, members: members, start: start)
    }
}
