// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import CloudWorkflow
import ImageStore
import Synchronization
import Testing

/// A guest that ends by itself while its verb goes back: there is nothing to be given back to it, and the way back ends all the same.
@Suite struct EndedGuestTests {
    let probe = AtBoundary()

    private func site() async throws -> (Site, ID<InstanceKind>) {
        let site = try await Site(probe: probe)
        let made = try await site.launch("mine", by: site.anna)
        return (site, try #require(made.first))
    }

    /// The guest ends at this boundary, and the verb is called off there.
    private func callOff(
        _ operation: some CloudOperation, at boundary: Boundary, of instance: ID<InstanceKind>, crashing: Bool, _ site: Site
    ) async throws {
        probe.set(boundary) { run in
            if crashing { try site.host.guests.crash(instance) } else { try site.host.guests.shutDownFromInside(instance) }
            try await site.cloud.runner.cancel(run)
        }
        let thrown = await #expect(throws: RunRefused.self) { _ = try await site.cloud.perform(operation) }
        #expect(thrown?.failure.code == "cancelled")
    }

    private func expectSound(_ site: Site, _ cloud: Cloud? = nil) async throws {
        let cloud = cloud ?? site.cloud
        _ = try await HostWatch(cloud: cloud).pass(driving: true)
        let report = try await Audit(cloud: cloud).report(for: site.admin)
        #expect(report.differences == [] && report.openOperations == 0)
    }

    /// What it was woken from is spent, and its disk has moved on: it sleeps no more, and can be started.
    @Test(arguments: [true, false]) func aWake(crashing: Bool) async throws {
        let (site, instance) = try await site()
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        let wake = WakeInstance(by: site.anna, instance: instance)
        try await callOff(wake, at: Boundary(.afterEffect, "memory"), of: instance, crashing: crashing, site)
        let status = try await site.cloud.instance(instance, for: site.anna).status
        #expect(status.state == (crashing ? .failed : .stopped) && status.host == nil && status.operation == nil)
        #expect(status.failure?.code == (crashing ? .guestLost : nil))
        try await expectSound(site)
        let report = try await site.cloud.world.hosts.parts(of: SimulatedSite.host).disks.inventory()
        #expect(report.memories == [] && report.strangers == [] && report.seeds == [])
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        try await expectSound(site)
    }

    /// The manager dies at each call of the way back: the next one comes to the same end.
    @Test func aWakeWhoseManagersDieOnTheWayBack() async throws {
        let calls = ["memory.discard", "power.off"]
        for (call, phase) in calls.flatMap({ [($0, EffectPhase.before), ($0, .after)] }) {
            let (site, instance) = try await site()
            _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
            let run = RunID(site.cloud.world.ids.next(OperationKind.self).text)
            let death = Interference.Hurdle(ManagerDied()) { point in
                if case .call(call, _, phase) = point { true } else { false }
            }
            let interference = Interference(hurdles: [death])
            let cloud = try site.stage.nextManager(interference)
            interference.do(at: .boundary(Boundary(.afterEffect, "memory"), of: run)) {
                try site.host.guests.crash(instance)
                try await cloud.runner.cancel(run)
            }
            await #expect(throws: ManagerDied.self) {
                _ = try await cloud.runner.perform(WakeInstance(by: site.anna, instance: instance), as: run)
            }
            let next = try site.stage.nextManager()
            try await next.runner.recover()
            #expect(try site.disk.read { try $0.run(run) }?.state == .undone, "\(phase) \(call)")
            #expect(try site.disk.read { try $0.statuses.get(instance).state } == .failed, "\(phase) \(call)")
            #expect(try await Audit(cloud: next).report(for: site.admin).differences == [], "\(phase) \(call)")
        }
    }

    /// The call that wakes was lost, as its manager believes, and comes when all has been taken back.
    @Test func aWakeThatComesLateWakesNobody() async throws {
        let (site, instance) = try await site()
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        let late = Mutex<CommandCopy?>(nil)
        let loss = Interference.Hurdle(CloudError(.hostUnreachable, ["host": "simulated"])) { point in
            guard case .call("memory.wake", _, .before) = point else { return false }
            late.withLock { $0 = CommandCopy.current }
            return true
        }
        let cloud = try site.stage.nextManager(Interference(hurdles: [loss]))
        await #expect(throws: RunRefused.self) { _ = try await cloud.perform(WakeInstance(by: site.anna, instance: instance)) }
        let copy = try #require(late.withLock { $0 })
        let refusal = #expect(throws: CloudError.self) { try copy.deliver() }
        #expect(refusal?.code == .fenceStale)
        let guests = try cloud.world.hosts.parts(of: SimulatedSite.host).guests
        #expect(try await guests.observe(instance).power == .absent)
        #expect(try await cloud.instance(instance, for: site.anna).status.state == .suspended)
        #expect(try await Audit(cloud: cloud).report(for: site.admin).differences == [])
        let again = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        _ = try await site.stage.nextManager().runner.perform(WakeInstance(by: site.anna, instance: instance), as: again)
    }

    /// Nobody knows whether the guest was reset, and then it ends: there is nothing left to be reset, and the run does not wait for it.
    @Test(arguments: [true, false]) func aReset(crashing: Bool) async throws {
        let (site, instance) = try await site()
        let (cloud, run) = try loseOne("power.reset", of: instance, crashing: crashing, site)
        await #expect(throws: RunRefused.self) {
            _ = try await cloud.runner.perform(ResetInstance(by: site.anna, instance: instance), as: run)
        }
        #expect(try site.disk.read { try $0.statuses.get(instance).operation } == nil)
        try await expectSound(site, cloud)
    }

    /// Its guest ended while it was asked to grow a disk: its store grows it.
    @Test(arguments: [true, false]) func theGrowingOfADisk(crashing: Bool) async throws {
        let (site, instance) = try await site()
        let disk = try #require(try site.disk.read { try $0.disks.all(.equals(.instance, .id(instance))) }.first)
        let size = disk.virtualSize + .mebibytes(1)
        let (cloud, run) = try loseOne("disk.grow", of: instance, crashing: crashing, site)
        let grow = GrowDisk(by: site.anna, instance: instance, disk: disk.id, size: size)
        _ = try await cloud.runner.perform(grow, as: run)
        #expect(try site.disk.read { try $0.disks.get(disk.id).virtualSize } == size)
        #expect(site.host.disks.snapshot().disks[disk.id]?.virtualSize == size)
        try await expectSound(site, cloud)
    }

    /// A manager whose first call of this name is lost, nobody knows on which way, and the guest ends meanwhile; and a run for it.
    private func loseOne(_ call: String, of instance: ID<InstanceKind>, crashing: Bool, _ site: Site) throws -> (Cloud, RunID) {
        let calls = Mutex(0)
        let loss = Interference.Hurdle(OutcomeUnknown("lost")) { point in
            guard point == .call(call, subject: instance.text, .before) else { return false }
            return calls.withLock { calls in
                calls += 1
                guard calls == 1 else { return false }
                do {
                    if crashing { try site.host.guests.crash(instance) } else { try site.host.guests.shutDownFromInside(instance) }
                } catch { Issue.record(error) }
                return true
            }
        }
        let run = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        return (try site.stage.nextManager(Interference(hurdles: [loss])), run)
    }

    /// Memory that is spent is none, and the file that it leaves is seen: by an audit as by who looks at a real host.
    @Test func memoryThatIsSpentIsAFileOfNobody() async throws {
        let (site, instance) = try await site()
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        @Sendable func seen() async throws -> StoreContents {
            try await site.cloud.world.hosts.parts(of: SimulatedSite.host).disks.inventory()
        }
        #expect(try await seen().memories == [instance])
        probe.set(Boundary(.afterEffect, "memory")) { _ in
            let now = try await seen()
            #expect(now.memories == [] && now.strangers == ["memory/\(instance).spent"])
        }
        _ = try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance))
        #expect(try await seen().strangers == [])
    }

    @Test(arguments: [true, false]) func theDetachingOfADisk(crashing: Bool) async throws {
        let (site, instance) = try await site()
        let disk = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: instance, disk: disk, size: .mebibytes(64)))
        try site.host.guests.setObedience(false, of: instance)
        try await callOff(
            DetachDisk(by: site.anna, instance: instance, disk: disk),
            at: Boundary(.beforeEffect, "wait for the guest to let the disk go"), of: instance, crashing: crashing, site)
        try await expectSound(site)
        #expect(try site.disk.read { try $0.disks.get(disk).instance } == instance, "it is the machine's still")
    }

    @Test(arguments: [true, false]) func theDetachingOfAPort(crashing: Bool) async throws {
        let (site, instance) = try await site()
        let port = try await site.cloud.perform(site.attachingPort(to: instance, by: site.anna))
        try site.host.guests.setObedience(false, of: instance)
        try await callOff(
            DetachPort(by: site.anna, instance: instance, port: port),
            at: Boundary(.beforeEffect, "wait for the guest to let the card go"), of: instance, crashing: crashing, site)
        try await expectSound(site)
        #expect(try site.disk.read { try $0.ports.get(port).slot } != nil, "it is the machine's still")
    }
}
