// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import CloudWorkflow
import ImageStore
import Testing

/// A suspend that was cut off on the host, for a manager that is gone: its memory is whole and its domain still there, or a part of it was
/// written. Whoever finds that finishes it or takes it back, and leaves nothing half.
@Suite struct CutOffSuspendTests {
    /// How the host stands when the next manager comes.
    enum Rest: CaseIterable {
        /// All memory is saved, the domain is off and still there.
        case whole
        /// A part was saved, and the guest runs on.
        case partGuestRuns
        /// A part was saved, and the guest is gone with its process.
        case partGuestGone
        /// It is still being saved, whole in a minute.
        case underWay
    }

    private struct Scene {
        let site: Site
        let instance: ID<InstanceKind>
        let memory: MemoryImage

        init() async throws {
            site = try await Site()
            instance = try await site.launch("mine", by: site.anna)[0]
            memory = MemoryImage(instance: instance, store: SimulatedSite.store)
        }

        func cutOff(_ rest: Rest) throws {
            let guests = site.host.guests
            switch rest {
            case .whole: try guests.cutOffSuspend(instance, to: memory, isWhole: true)
            case .partGuestRuns: try guests.cutOffSuspend(instance, to: memory, isWhole: false)
            case .partGuestGone:
                try guests.cutOffSuspend(instance, to: memory, isWhole: false)
                try guests.crash(instance)
            case .underWay: try guests.save(instance, to: memory, until: site.clock.now() + .seconds(60))
            }
        }

        /// A manager that dies before the host hears it asking for a suspend; where it is called off, that is asked on the way back.
        func die<Operation: CloudOperation>(_ operation: Operation, calledOff: Bool) async throws -> RunID {
            let run = RunID(site.cloud.world.ids.next(OperationKind.self).text)
            let death = Interference.Hurdle(ManagerDied()) { point in
                if case .call("memory.suspend", _, .before) = point { true } else { false }
            }
            let interference = Interference(hurdles: [death])
            let cloud = try site.stage.nextManager(interference)
            if calledOff {
                interference.do(at: .boundary(Boundary(.afterEffect, "memory"), of: run)) { try await cloud.runner.cancel(run) }
            }
            await #expect(throws: ManagerDied.self) { _ = try await cloud.runner.perform(operation, as: run) }
            return run
        }

        /// What the next managers make of it, an hour long; gives how the run ended.
        func goOn(_ run: RunID, _ rest: Rest) async throws -> RunState? {
            let next = try site.stage.nextManager()
            try await next.runner.recover()
            if rest == .underWay {
                #expect(try site.disk.read { try $0.run(run) }?.state == .stuck, "nobody can say yet")
                site.clock.advance(by: .seconds(61))
                try await site.stage.nextManager().runner.recover()
            }
            return try site.disk.read { try $0.run(run) }?.state
        }

        /// Records and host agree, and nothing half is left.
        func expectSound(_ state: InstanceState, sleeping: Bool) async throws {
            let cloud = try site.stage.nextManager()
            site.clock.advance(by: .seconds(3))
            _ = try await HostWatch(cloud: cloud).pass(driving: true)
            #expect(try site.disk.read { try $0.statuses.get(instance).state } == state)
            #expect(try await Audit(cloud: cloud).report(for: site.admin).differences == [])
            let seen = try await cloud.world.hosts.parts(of: SimulatedSite.host).disks.inventory()
            #expect(seen.memories == (sleeping ? [instance] : []) && seen.strangers == [])
        }

        var counter: Int64? { site.host.guests.counter(of: instance, at: site.clock.now()) }
    }

    @Test(arguments: Rest.allCases) func aSuspendGoesOn(rest: Rest) async throws {
        let scene = try await Scene()
        let run = try await scene.die(SuspendInstance(by: scene.site.anna, instance: scene.instance), calledOff: false)
        try scene.cutOff(rest)
        let end = try await scene.goOn(run, rest)
        #expect(end == (rest == .partGuestGone ? .undone : .done))
        try await scene.expectSound(rest == .partGuestGone ? .failed : .suspended, sleeping: rest != .partGuestGone)
    }

    @Test(arguments: Rest.allCases) func aSuspendIsTakenBack(rest: Rest) async throws {
        let scene = try await Scene()
        scene.site.clock.advance(by: .seconds(100))
        let before = try #require(scene.counter)
        let run = try await scene.die(SuspendInstance(by: scene.site.anna, instance: scene.instance), calledOff: false)
        try scene.cutOff(rest)
        try await scene.site.stage.nextManager().cancel(run.asOperation, by: scene.site.anna)
        #expect(try await scene.goOn(run, rest) == .undone)
        try await scene.expectSound(rest == .partGuestGone ? .failed : .running, sleeping: false)
        guard rest != .partGuestGone else { return }
        let after = try #require(scene.counter)
        #expect(after >= before, "it was not started anew")
    }

    /// Its way back is a suspend.
    @Test(arguments: Rest.allCases) func aWakeIsTakenBack(rest: Rest) async throws {
        let scene = try await Scene()
        scene.site.clock.advance(by: .seconds(100))
        let before = try #require(scene.counter)
        let anna = scene.site.anna
        _ = try await scene.site.cloud.perform(SuspendInstance(by: anna, instance: scene.instance))
        _ = try await HostWatch(cloud: scene.site.cloud).pass()
        let run = try await scene.die(WakeInstance(by: anna, instance: scene.instance), calledOff: true)
        try scene.cutOff(rest)
        #expect(try await scene.goOn(run, rest) == .undone)
        try await scene.expectSound(rest == .partGuestGone ? .failed : .suspended, sleeping: rest != .partGuestGone)
        let next = try scene.site.stage.nextManager()
        guard rest != .partGuestGone else {
            _ = try await next.perform(StartInstance(by: anna, instance: scene.instance))
            return try await scene.expectSound(.running, sleeping: false)
        }
        _ = try await next.perform(WakeInstance(by: anna, instance: scene.instance))
        let after = try #require(scene.counter)
        #expect(after >= before, "it goes on from its memory of then")
        try await scene.expectSound(.running, sleeping: false)
    }

    /// Whoever takes over leaves no part of it.
    @Test(arguments: Rest.allCases, [true, false]) func aSuspendIsTakenOver(rest: Rest, destroying: Bool) async throws {
        let scene = try await Scene()
        let anna = scene.site.anna
        let run = try await scene.die(SuspendInstance(by: anna, instance: scene.instance), calledOff: false)
        // It is stuck, and may be taken over from, where the host keeps silent meanwhile.
        try scene.site.host.guests.becomeUnreachable()
        try await scene.site.stage.nextManager().runner.recover()
        try #require(try scene.site.disk.read { try $0.run(run) }?.state == .stuck)
        try scene.cutOff(rest)
        try scene.site.host.guests.becomeReachable()
        let next = try scene.site.stage.nextManager()
        if destroying {
            _ = try await next.perform(DestroyInstance(by: anna, instance: scene.instance))
        } else {
            _ = try await next.perform(ForceOffInstance(by: anna, instance: scene.instance))
        }
        try await scene.expectSound(destroying ? .destroyed : .stopped, sleeping: false)
    }
}
