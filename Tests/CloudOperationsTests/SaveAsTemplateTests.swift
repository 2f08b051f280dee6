// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStore
import CloudStoreSQLite
import Testing

/// What is made of an instance's disk is whole or nothing, whoever asks for what in between.
@Suite struct SaveAsTemplateTests {
    private func save(
        _ site: Site, _ instance: ID<InstanceKind>, by principal: Principal, as name: String? = "Mine", template: ID<TemplateKind>? = nil
    ) throws -> SaveAsTemplate {
        SaveAsTemplate(
            by: principal, instance: instance, template: template ?? site.cloud.world.ids.next(TemplateKind.self),
            name: try name.map { try DisplayName($0) }, image: site.cloud.world.ids.next(ImageKind.self))
    }
    /// What a verb is refused with; nil where it is done.
    private func code(_ body: () async throws -> some Any) async -> ErrorCode? {
        do { _ = try await body() } catch let refusal as RunRefused { return ErrorCode(rawValue: refusal.failure.code) } catch {
            return (error as? CloudError)?.code
        }
        return nil
    }
    private func used(_ site: Site, _ principal: Principal) throws -> ResourceAmounts {
        try site.disk.read { try $0.quotas.find(key: principal.user.text)?.used ?? .zero }
    }

    @Test func aDraftIsTriedThenPublishedThenRetired() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let before = try used(site, site.anna)
        let saved = try await site.cloud.perform(save(site, instance, by: site.anna))
        let view = try await site.cloud.instance(instance, for: site.anna)
        #expect(view.status.state == .stopped, "one that runs is shut down first")
        #expect(try used(site, site.anna).disk == before.disk + view.disks[0].virtualSize, "the image is charged")
        let template = try await site.cloud.template(saved.template, for: site.anna)
        #expect(template.revisions.map(\.state) == [.draft] && template.revision == nil)

        let plain = try site.cloud.request(template: saved.template, name: "plain", by: site.anna)
        let unpublished = CloudError(.notPublished, ["template": saved.template.text, "drafts": "1"])
        await #expect(throws: unpublished) { try await site.cloud.perform(plain) }
        let tried = try site.cloud.request(template: saved.template, revision: 1, name: "tried", by: site.anna)
        let made = try await site.cloud.perform(tried)
        #expect(try await site.cloud.instance(made[0], for: site.anna).disks[0].image == saved.image)

        _ = try await site.cloud.perform(PublishRevision(by: site.anna, template: saved.template, number: 1))
        _ = try await site.cloud.perform(site.cloud.request(template: saved.template, name: "plain", by: site.anna))
        let second = try await site.cloud.perform(save(site, instance, by: site.anna, as: nil, template: saved.template))
        #expect(second.revision == 2)
        _ = try await site.cloud.perform(PublishRevision(by: site.anna, template: saved.template, number: 2))
        #expect(try await site.cloud.template(saved.template, for: site.anna).revisions.map(\.state) == [.retired, .production])
        _ = try await site.cloud.perform(RetireRevision(by: site.anna, template: saved.template, number: 2))
        #expect(try await site.cloud.template(saved.template, for: site.anna).revision == nil)
        let retired = CloudError(.notPublished, ["template": saved.template.text, "drafts": "none, its revisions are retired"])
        await #expect(throws: retired) { try await site.cloud.perform(plain) }
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences.isEmpty)
    }

    @Test func aSharedTemplateIsPublishedByWhoMayPublish() async throws {
        let site = try await Site()
        let saved = try await site.savedTemplate(by: site.anna)
        let grant = Grant(
            id: site.cloud.world.ids.next(GrantKind.self), object: saved.text, subject: site.bela.user.text, level: .user, until: nil,
            pinned: false, grantedBy: site.anna.user)
        try site.disk.write { try $0.grants.insert(grant) }
        let refused = CloudError(.denied, ["verb": "publish-revision", "object": saved.text, "needed": "publish-template"])
        await #expect(throws: refused) {
            try await site.cloud.perform(PublishRevision(by: site.anna, template: saved, number: 1))
        }
        let others = try site.cloud.request(template: saved, revision: 1, name: "others", by: site.bela)
        await #expect(throws: CloudError(.notFound, ["object": "\(saved)/1"]), "a draft is not a user's") {
            try await site.cloud.perform(others)
        }
        let unnamed = CloudError(.notPublished, ["template": saved.text, "drafts": "none that you may have"])
        await #expect(throws: unnamed, "nor is its number") {
            try await site.cloud.perform(site.cloud.request(template: saved, name: "others", by: site.bela))
        }
        _ = try await site.cloud.perform(PublishRevision(by: site.admin, template: saved, number: 1))
        _ = try await site.cloud.perform(site.cloud.request(template: saved, name: "others", by: site.bela))
    }

    @Test func whatIsAskedForAmissIsRefusedBeforeAnythingIsMade() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let before = try await site.snapshot(.state)
        await #expect(throws: CloudError(.notFound, ["object": instance.text]), "another's instance") {
            try await site.cloud.perform(save(site, instance, by: site.bela))
        }
        let others = try save(site, instance, by: site.anna, as: nil, template: site.template)
        #expect(await code { try await site.cloud.perform(others) } == .denied, "another's template")
        let unknown = try save(site, instance, by: site.anna, as: nil, template: ID(bits: 9, 9))
        #expect(await code { try await site.cloud.perform(unknown) } == .notFound)
        #expect(try await site.snapshot(.state).difference(to: before) == [])
        _ = try await site.cloud.perform(save(site, instance, by: site.anna))
        #expect(await code { try await site.cloud.perform(save(site, instance, by: site.anna)) } == .nameTaken)
    }

    /// The copy takes what it takes: where the store runs full meanwhile it is called off, and machines keep the last twentieth.
    @Test func aStoreThatRunsFullDuringTheCopyEndsIt() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.stopped("mine", by: site.anna)
        let before = try await site.snapshot(.state)
        let (taken, capacity) = (site.host.snapshot().disks.used, site.host.snapshot().disks.capacity)
        probe.set(Boundary(.beforeEffect, "copy[1]")) { _ in
            #expect(site.host.snapshot().disks.copies.count == 1)
            try site.host.disks.intervene { $0.capacity = ByteCount(bytes: taken.bytes * 100 / 96) }
        }
        let refused = await #expect(throws: RunRefused.self) { try await site.cloud.perform(save(site, instance, by: site.anna)) }
        #expect(refused?.failure.code == "store-full" && refused?.failure.parameters["percent"] == "5")
        #expect(site.host.snapshot().disks.copies.isEmpty, "it is called off")
        try site.host.disks.intervene { $0.capacity = capacity }
        #expect(try await before.difference(to: site.snapshot(.state)) == [])
    }

    /// What the records refuse is refused while the guest still runs: nobody's machine goes off for nothing.
    @Test func aRefusalOfTheRecordsLeavesTheGuestRunning() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let saved = try await site.savedTemplate(by: site.anna)
        let taken = try await site.cloud.template(saved, for: site.anna).template.name.text
        func expectRefused(_ operation: SaveAsTemplate, _ expected: ErrorCode) async throws {
            let before = try await site.snapshot(.history)
            let refusal = await #expect(throws: CloudError.self) { try await site.cloud.perform(operation) }
            #expect(refusal?.code == expected)
            #expect(try await before.difference(to: site.snapshot(.history)) == [], "\(expected)")
            #expect(site.host.guests.snapshot().guests[instance]?.power == .running && site.host.guests.snapshot().leaving.isEmpty)
        }
        try await expectRefused(save(site, instance, by: site.anna, as: taken), .nameTaken)
        try await expectRefused(save(site, instance, by: site.anna, as: nil, template: site.template), .denied)
        let word = try site.disk.read { try $0.evidence.get(SimulatedSite.host) }
        _ = try site.disk.write { try $0.evidence.change(SimulatedSite.host) { $0.freeDisk = .zero } }
        try await expectRefused(save(site, instance, by: site.anna), .storeFull)
        _ = try site.disk.write { try $0.evidence.change(SimulatedSite.host) { $0.freeDisk = word.freeDisk } }
        try site.disk.write { tx in
            guard var account = try tx.quotas.find(key: site.anna.user.text) else { return }
            account.limits = account.used
            try tx.quotas.update(account)
        }
        try await expectRefused(save(site, instance, by: site.anna), .quotaExceeded)
    }

    /// A disk that is lost, and a store that is full when the copy is half done: nothing is left, and the instance is free.
    @Test func noRoomInTheMiddleOfTheCopyLeavesNothing() async throws {
        var settings = Settings()
        // Otherwise the copy is cut off before.
        settings.reservedPercent = 0
        let site = try await Site(settings: settings)
        let instance = try await site.stopped("mine", by: site.anna)
        let (images, used) = (try site.disk.read { try $0.images.all() }, try used(site, site.anna))
        try site.host.disks.intervene { $0.capacity = $0.used }
        #expect(await code { try await site.cloud.perform(save(site, instance, by: site.anna)) } == .diskFull)
        try site.host.disks.intervene { $0.capacity = .gibibytes(100) }
        #expect(try site.disk.read { try $0.images.all() } == images && self.used(site, site.anna) == used)
        #expect(site.host.disks.snapshot().copies.isEmpty)
        let disk = try await site.cloud.instance(instance, for: site.anna).disks[0].id
        try site.host.disks.intervene { $0.disks[disk] = nil }
        #expect(await code { try await site.cloud.perform(save(site, instance, by: site.anna)) } == .diskMissing, "a lost disk")
        #expect(try await site.cloud.instance(instance, for: site.anna).status.operation == nil)
    }

    @Test func aCopyIsCalledOffInItsMiddle() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.stopped("mine", by: site.anna)
        probe.set(Boundary(.afterEffect, "copy[1]")) { try await site.cloud.runner.cancel($0) }
        let operation = try save(site, instance, by: site.anna)
        #expect(await code { try await site.cloud.perform(operation) } == .cancelled)
        #expect(site.host.disks.snapshot().copies.isEmpty && site.host.disks.snapshot().images.count == 1)
        #expect(try site.disk.read { try $0.templates.find(operation.template) } == nil)
        #expect(try await site.cloud.instance(instance, for: site.anna).status.operation == nil)
    }

    /// Whoever takes over calls the copy off, and nobody begins it again.
    @Test func aCopyThatIsTakenOverIsCalledOff() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let operation = try save(site, instance, by: site.anna)
        try await site.stick(operation, at: "copy[1]")
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        #expect(site.host.disks.snapshot().copies.isEmpty && site.host.disks.snapshot().images.count == 1)
        #expect(try site.disk.read { try $0.templates.find(operation.template) == nil && $0.images.find(operation.image) == nil })
        #expect(try used(site, site.anna) == .zero)
        let late = Command(run: ID(bits: 5, 5), step: "copy[2]", fence: Fence(1))
        await #expect(throws: CloudError.self) {
            let disk = try site.disk.read { try $0.disks.all(.equals(.instance, .id(instance)))[0].id }
            _ = try await site.host.disks.copy(CopyRequest(disk: disk, image: operation.image), late)
        }
    }

    /// A new template is there from the claim on, and others may put a revision into it: then it stays, whatever comes of the first.
    @Test(arguments: [true, false]) func aTemplateWithAnothersRevisionStays(takenOver: Bool) async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let (instance, other) = (try await site.stopped("mine", by: site.anna), try await site.stopped("other", by: site.anna))
        let operation = try save(site, instance, by: site.anna)
        let second = try save(site, other, by: site.anna, as: nil, template: operation.template)
        if takenOver {
            try await site.stick(operation, at: "copy[1]")
            _ = try await site.cloud.perform(second)
            _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        } else {
            probe.set(Boundary(.afterEffect, "copy[1]")) { run in
                _ = try await site.cloud.perform(second)
                try await site.cloud.runner.cancel(run)
            }
            #expect(await code { try await site.cloud.perform(operation) } == .cancelled)
        }
        let view = try await site.cloud.template(operation.template, for: site.anna)
        #expect(view.revisions.map(\.image) == [second.image])
        #expect(try site.disk.read { try $0.images.find(operation.image) } == nil)
        _ = try await site.cloud.perform(PublishRevision(by: site.anna, template: operation.template, number: 1))
        _ = try await site.cloud.perform(site.cloud.request(template: operation.template, name: "of it", by: site.anna))
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences.isEmpty)
    }

    /// And a template that is taken back while another's revision is being copied for it takes that revision with it.
    @Test func aRevisionOfATemplateThatIsTakenBackIsNone() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let (instance, other) = (try await site.stopped("mine", by: site.anna), try await site.stopped("other", by: site.anna))
        let operation = try save(site, instance, by: site.anna)
        try await site.stick(operation, at: "copy[1]")
        probe.set(Boundary(.afterEffect, "copy[1]")) { _ in
            _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        }
        let second = try save(site, other, by: site.anna, as: nil, template: operation.template)
        #expect(await code { try await site.cloud.perform(second) } == .notFound)
        #expect(site.host.disks.snapshot().copies.isEmpty && site.host.disks.snapshot().images.count == 1)
        #expect(try site.disk.read { try $0.revisions.all(.equals(.template, .id(operation.template))) }.isEmpty)
        #expect(try await site.cloud.instance(other, for: site.anna).status.operation == nil)
    }
}

@Suite struct RebuildAndResizeTests {
    @Test func aRebuiltInstanceHasOneDiskAndItsOldNameAndAddress() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let before = try await site.cloud.instance(instance, for: site.anna)
        let used = try site.disk.read { try $0.quotas.find(key: site.anna.user.text)?.used.disk }
        let disk = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(RebuildInstance(by: site.anna, instance: instance, disk: disk))
        let after = try await site.cloud.instance(instance, for: site.anna)
        #expect(after.disks.map(\.id) == [disk] && after.status.state == .stopped)
        #expect(after.ports.map(\.port.ipv4) == before.ports.map(\.port.ipv4) && after.instance.name == before.instance.name)
        #expect(try site.disk.read { try $0.quotas.find(key: site.anna.user.text)?.used.disk } == used)
        #expect(try site.disk.read { try $0.disks.all(.equals(.instance, .id(instance))).count } == 1)
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences.isEmpty)
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
    }

    @Test func aSizeAboveTheTemplatesNeedsThePermission() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        func resize(_ by: Principal, cpus: Int? = nil, memory: ByteCount? = nil) -> ResizeInstance {
            ResizeInstance(by: by, instance: instance, cpus: cpus.map(CPUCount.init), memory: memory)
        }
        await #expect(throws: CloudError(.denied, ["verb": "resize", "object": instance.text, "needed": "set-resources"])) {
            try await site.cloud.perform(resize(site.anna, cpus: 2))
        }
        for wrong in [resize(site.admin, cpus: 0), resize(site.admin, cpus: 65), resize(site.admin, memory: .mebibytes(1))] {
            await #expect(throws: CloudError.self) { try await site.cloud.perform(wrong) }
        }
        _ = try await site.cloud.perform(resize(site.anna, memory: .mebibytes(128)))
        _ = try await site.cloud.perform(resize(site.anna, memory: .mebibytes(512)))
        _ = try await site.cloud.perform(resize(site.admin, cpus: 3))
        #expect(try await site.cloud.instance(instance, for: site.anna).instance.cpus == CPUCount(3))
    }

    @Test func oneThatRunsIsRestartedWhereThatIsAskedFor() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        await #expect(throws: CloudError.self) {
            try await site.cloud.perform(ResizeInstance(by: site.admin, instance: instance, cpus: CPUCount(2), memory: nil))
        }
        #expect(try await site.cloud.instance(instance, for: site.anna).status.state == .running)
        let restart = site.cloud.world.ids.next(OperationKind.self)
        _ = try await site.cloud.perform(
            ResizeInstance(by: site.admin, instance: instance, cpus: CPUCount(2), memory: nil, restart: restart))
        _ = try await HostWatch(cloud: site.cloud).pass()
        try await site.cloud.runner.recover()
        let after = try await site.cloud.instance(instance, for: site.anna)
        #expect(after.status.state == .running && after.instance.cpus == CPUCount(2))
        #expect(try site.disk.read { try $0.claims.find(instance)?.cpus } == CPUCount(2))
    }

    /// A size that no host takes is refused while the guest runs, in the words of the placement. What it holds itself is not in its way.
    @Test func aSizeThatNoHostTakesIsRefusedBeforeTheGuestIsShutDown() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let host = try #require(try site.disk.read { try $0.hosts.all() }.first)
        let all = CPUCount(4) * host.cpuRatio
        func resize(cpus: CPUCount? = nil, memory: ByteCount? = nil) -> ResizeInstance {
            ResizeInstance(
                by: site.admin, instance: instance, cpus: cpus, memory: memory, restart: site.cloud.world.ids.next(OperationKind.self))
        }
        _ = try await HostWatch(cloud: site.cloud).pass()
        let before = try await site.snapshot(.history)
        let free = ByteCount.gibibytes(4) - host.reserve
        for (wrong, reason) in [
            (
                resize(cpus: CPUCount(all.count + 1)),
                "has \(all) processors free at \(host.cpuRatio) per real one, \(all.count + 1) are needed"
            ), (resize(memory: .gibibytes(64)), "has \(free) of memory free, \(ByteCount.gibibytes(64)) are needed"),
        ] {
            await #expect(throws: CloudError(.noHost, ["instance": instance.text, "hosts": "\(host.name) \(reason)"])) {
                try await site.cloud.perform(wrong)
            }
            #expect(try await before.difference(to: site.snapshot(.history)) == [])
        }
        _ = try await site.cloud.perform(resize(cpus: all, memory: free))
        try await site.cloud.runner.recover()
        let after = try await site.cloud.instance(instance, for: site.anna)
        #expect(after.status.state == .running && after.instance.cpus == all && after.instance.memory == free)
    }

    /// A limit that was lowered below what is used: the start will charge all of the new size, not what is more of it.
    @Test func aSizeThatNoQuotaTakesIsRefusedBeforeTheGuestIsShutDown() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let row = try await site.cloud.instance(instance, for: site.anna).instance
        let own = site.anna.user.text
        func limit(_ memory: ByteCount, _ cpus: CPUCount) throws {
            try site.disk.write { tx in
                var account = try #require(try tx.quotas.rows.find(key: own))
                account.limits = ResourceAmounts(instances: 9, disk: .gibibytes(100), cpus: cpus, memory: memory, forwardedPorts: 9)
                try tx.quotas.update(account)
            }
        }
        func resize(_ memory: ByteCount) -> ResizeInstance {
            ResizeInstance(
                by: site.admin, instance: instance, cpus: nil, memory: memory, restart: site.cloud.world.ids.next(OperationKind.self))
        }
        try limit(.gibibytes(64), CPUCount(row.cpus.count - 1))
        let before = try await site.snapshot(.history)
        let refusal = await #expect(throws: CloudError.self) { try await site.cloud.perform(resize(row.memory + .mebibytes(128))) }
        #expect(refusal?.code == .quotaExceeded && refusal?.parameters["quota"] == "cpus")
        #expect(try await before.difference(to: site.snapshot(.history)) == [])
        // What it holds itself counts once: what it has, and no more, may be used.
        try limit(row.memory + .mebibytes(128), row.cpus)
        _ = try await site.cloud.perform(resize(row.memory + .mebibytes(128)))
        try await site.cloud.runner.recover()
        #expect(try await site.cloud.instance(instance, for: site.anna).shown == .known(.running))
    }

    /// One that is off may be given it for later: hosts come and go.
    @Test func oneThatIsOffMayHaveASizeThatNoHostTakesYet() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        _ = try await site.cloud.perform(ResizeInstance(by: site.admin, instance: instance, cpus: nil, memory: .gibibytes(64)))
        _ = try await HostWatch(cloud: site.cloud).pass()
        let refused = await #expect(throws: CloudError.self) {
            try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        }
        #expect(refused?.code == .noHost)
        #expect(try await site.cloud.instance(instance, for: site.anna).instance.memory == .gibibytes(64))
    }

    /// Nor is a guest shut down that its course would not let start again.
    @Test func aClosedCourseRefusesTheRestartWhileTheGuestRuns() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await HostWatch(cloud: site.cloud).pass()
        let group = try await site.cloud.instance(instance, for: site.anna).instance.group
        let course = Course(
            zone: "Europe/Budapest", start: try #require(LocalDay("2020-01-01")), end: try #require(LocalDay("2020-02-01")))
        _ = try await site.cloud.world.store.write { tx in try tx.groups.change(group) { $0.course = course } }
        let refused = await #expect(throws: CloudError.self) {
            try await site.cloud.perform(
                ResizeInstance(
                    by: site.admin, instance: instance, cpus: CPUCount(2), memory: nil,
                    restart: site.cloud.world.ids.next(OperationKind.self)))
        }
        #expect(refused?.code == .courseClosed)
        #expect(try await site.cloud.instance(instance, for: site.anna).status.state == .running)
    }

    /// What is asked for is there already: done, as a name that it has already is, and the guest goes on.
    @Test(arguments: [true, false]) func theSizeThatItHasAlreadyRestartsNothing(restarts: Bool) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let before = try await site.cloud.instance(instance, for: site.anna)
        let restart = site.cloud.world.ids.next(OperationKind.self)
        _ = try await site.cloud.perform(
            ResizeInstance(
                by: site.anna, instance: instance, cpus: before.instance.cpus, memory: restarts ? nil : before.instance.memory,
                restart: restarts ? restart : nil))
        let after = try await site.cloud.instance(instance, for: site.anna)
        #expect(after.status.state == .running && after.status.readyAt == before.status.readyAt && after.status.operation == nil)
        #expect(after.status.changedAt == before.status.changedAt && after.instance == before.instance)
        #expect(try site.disk.read { try $0.run(RunID(restart.text)) } == nil, "nothing is started behind it")
    }
}
