// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import CloudWorkflow
import Testing

/// Memory is written on when the manager that asked for it is gone. The next one learns from the host what becomes of it: nothing is asked
/// for twice or taken back meanwhile, and what can no longer come to be is refused.
@Suite struct UnderWayTests {
    /// A run whose manager died where it asked the host for something that the host did not hear.
    private func cutOff<Operation: CloudOperation>(_ operation: Operation, at call: String, _ site: Site) async throws -> RunID {
        let run = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        let death = Interference.Hurdle(ManagerDied()) { point in
            if case .call(call, _, .before) = point { true } else { false }
        }
        let cloud = try site.stage.nextManager(Interference(hurdles: [death]))
        await #expect(throws: ManagerDied.self) { _ = try await cloud.runner.perform(operation, as: run) }
        return run
    }
    /// What the next manager finds and does; gives what it asked of the host.
    private func goOn(_ site: Site) async throws -> [String] {
        let next = Interference()
        try await site.stage.nextManager(next).runner.recover()
        return next.points.compactMap { if case .call(let call, _, .before) = $0 { call } else { nil } }
    }
    private func state(of run: RunID, _ site: Site) throws -> RunState? { try site.disk.read { try $0.run(run) }?.state }

    @Test func aSuspendThatGoesOnIsNeitherAskedForAgainNorTakenBack() async throws {
        for isCancelled in [false, true] {
            let site = try await Site()
            let instance = try await site.launch("mine", by: site.anna)[0]
            let run = try await cutOff(SuspendInstance(by: site.anna, instance: instance), at: "memory.suspend", site)
            let memory = MemoryImage(instance: instance, store: SimulatedSite.store)
            try site.host.guests.save(instance, to: memory, until: site.clock.now() + .seconds(60))
            if isCancelled { try await site.stage.nextManager().cancel(#require(ID(run.text)), by: site.anna) }
            let asked = try await goOn(site)
            #expect(try state(of: run, site) == .stuck && !asked.contains("memory.suspend") && !asked.contains("memory.discard"))
            site.clock.advance(by: .seconds(61))
            _ = try await goOn(site)
            #expect(try state(of: run, site) == (isCancelled ? .undone : .done))
            #expect(site.host.guests.snapshot().guests[instance]?.power == (isCancelled ? .running : nil))
            #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
        }
    }

    @Test func aCheckpointThatGoesOnIsKept() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let operation = try site.checkpointing(instance, "kept", withMemory: true, by: site.anna)
        let run = try await cutOff(operation, at: "disk.turn", site)
        let memory = MemoryImage(instance: instance, store: SimulatedSite.store, checkpoint: operation.checkpoint)
        try site.host.guests.save(
            instance, to: memory, thenOn: GuestDisk(disk: operation.disk, store: SimulatedSite.store),
            until: site.clock.now() + .seconds(60))
        let asked = try await goOn(site)
        #expect(try state(of: run, site) == .stuck && !asked.contains("disk.turn"))
        site.clock.advance(by: .seconds(61))
        _ = try await goOn(site)
        #expect(try state(of: run, site) == .done)
        #expect(try await site.host.guests.disks(of: instance) == [operation.disk])
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
    }

    /// Of a guest that is gone no memory can be kept any more; its disk can.
    @Test func aGuestThatEndedMeanwhileIsNoReasonToBeStuck() async throws {
        for withMemory in [true, false] {
            let site = try await Site()
            let instance = try await site.launch("mine", by: site.anna)[0]
            let before = try site.disk.read { try $0.disks.all(.equals(.instance, .id(instance))).map(\.id) }
            let operation = try site.checkpointing(instance, "kept", withMemory: withMemory, by: site.anna)
            let run = try await cutOff(operation, at: "disk.turn", site)
            try site.host.guests.shutDownFromInside(instance)
            _ = try await goOn(site)
            #expect(try state(of: run, site) == (withMemory ? .undone : .done))
            let after = try site.disk.read { try $0.disks.all(.equals(.instance, .id(instance))).map(\.id) }
            #expect(withMemory ? after == before : Set(after) == Set(before + [operation.disk]))
            _ = try await HostWatch(cloud: site.stage.nextManager()).pass(driving: true)
            #expect(try site.disk.read { try $0.statuses.get(instance).state } == .stopped)
            #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
            let start = StartInstance(by: site.anna, instance: instance)
            _ = try await site.stage.nextManager().runner.perform(start, as: RunID("op-start"))
        }
    }
}
