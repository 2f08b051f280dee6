// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

/// Force off and destroy take over from what waits or is stuck, with everything that it may have left on the host, and what is wanted of a
/// host that is away is done when it answers (Documentation/decisions/0007-what-is-wanted-is-done.md).
@Suite struct TakeoverTests {
    /// Nothing of an instance is held: no host, no quota of processors and memory, no port on the switch or in a picture.
    private func expectReleased(_ instance: ID<InstanceKind>, at site: Site, _ comment: Comment? = nil) throws {
        let (status, claim, port, used) = try site.disk.read { view in
            (
                try view.statuses.get(instance), try view.claims.find(instance),
                try view.ports.first(.equals(.instance, .id(instance))), try view.quotas.find(key: site.anna.user.text)?.used
            )
        }
        #expect(status.operation == nil && status.host == nil && claim == nil, comment)
        #expect(port?.attached == false, comment)
        #expect(used?.cpus == CPUCount(0) && used?.memory == .zero, comment)
        let host = site.host.snapshot()
        #expect(host.guests.guests[instance] == nil && host.guests.memories.values.allSatisfy { !$0.keys.contains(instance) }, comment)
        #expect(host.fabric.parts.ports.isEmpty && host.fabric.parts.networks.values.allSatisfy(\.named.isEmpty), comment)
    }

    /// From its claim on a port is in pictures that others have served, so whoever is refused before its own first step takes it out of them.
    @Test func aStartThatIsRefusedBehindItsClaimLeavesNoAddressOnTheHost() async throws {
        struct Between: BoundaryProbe {
            let run: RunID
            let act: @Sendable () async throws -> Void
            func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
                guard run == self.run, boundary == Boundary(.beforeEffect, "network") else { return }
                try await act()
                throw CloudError(.unavailable, ["part": "a check"])
            }
        }
        let site = try await Site()
        func made(_ name: String) async throws -> ID<InstanceKind> {
            try await site.cloud.perform(site.cloud.request(template: site.template, name: name, start: false, by: site.anna))[0]
        }
        let (refused, other) = (try await made("refused"), try await made("other"))
        let run = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        let probe = Between(run: run) { [cloud = site.cloud, host = site.host] in
            _ = try await cloud.perform(StartInstance(by: site.anna, instance: other))
            #expect(host.fabric.snapshot().parts.networks.values.flatMap(\.named).count == 2, "the other's picture holds both")
        }
        let unlucky = Cloud(world: site.cloud.world, clock: site.clock.waiting, probe: probe)
        await #expect(throws: RunRefused.self) {
            _ = try await unlucky.runner.perform(StartInstance(by: site.anna, instance: refused), as: run)
        }
        let mac = try site.disk.read { try $0.ports.first(.equals(.instance, .id(other)))?.mac }
        #expect(site.host.fabric.snapshot().parts.networks.values.flatMap(\.named).map(\.mac) == [mac])
        #expect(try site.disk.read { try $0.ports.first(.equals(.instance, .id(refused)))?.attached } == false)
    }

    @Test(arguments: ["network", "disk", "power"])
    func aStuckStartIsForcedOffAndCanStartAgain(step: String) async throws {
        let site = try await Site()
        let instance = try await site.stuckStart("mine", by: site.anna, at: step)
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        try expectReleased(instance, at: site, "\(step)")
        #expect(try site.disk.read { try $0.statuses.get(instance).state } == .pending)
        let started = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(started.notReady == nil)
    }

    @Test func aStuckWakeIsForcedOffAndItsMemoryIsGone() async throws {
        let site = try await Site()
        let instance = try await site.stuckWake("mine", by: site.anna)
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        try expectReleased(instance, at: site)
        #expect(try site.disk.read { try $0.statuses.get(instance).state } == .stopped, "memory that was read fits its disk no more")
    }

    @Test(arguments: [true, false])
    func whatIsWantedOfAHostThatIsAwayIsDoneWhenItAnswers(destroying: Bool) async throws {
        let site = try await Site()
        let instance = try await site.stuckStart("mine", by: site.anna, at: "power")
        let run = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        let away = Interference.Hurdle(CloudError(.hostUnreachable, ["host": SimulatedSite.host.text])) { point in
            if case .call(_, _, .before) = point { true } else { false }
        }
        site.stage.interference.set(Interference(hurdles: [away]))
        await #expect(throws: RunIsStuck.self) {
            if destroying {
                _ = try await site.cloud.runner.perform(DestroyInstance(by: site.anna, instance: instance), as: run)
            } else {
                _ = try await site.cloud.runner.perform(ForceOffInstance(by: site.anna, instance: instance), as: run)
            }
        }
        let held = try site.disk.read { try $0.claims.find(instance) }
        #expect(held != nil, "nothing is released before the host has answered")
        try await site.cloud.cancel(#require(ID(run.text)), by: site.anna)
        try await site.cloud.runner.recover()
        #expect(try site.disk.read { try $0.run(run) }?.state == .stuck, "what is wanted cannot be cancelled")
        site.stage.interference.set(Interference())
        try await site.cloud.runner.recover()
        #expect(try site.disk.read { try $0.run(run) }?.state == .done)
        try expectReleased(instance, at: site)
    }

    /// From `unknown`: accepted and shown as wanted, whatever becomes of the manager meanwhile, and done when the host answers.
    @Test(arguments: [true, false])
    func whatIsWantedOutlivesTheManager(destroying: Bool) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.host.guests.becomeUnreachable()
        site.clock.advance(by: .seconds(20))
        _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
        guard case .unknown(last: .running, _) = try await site.cloud.instance(instance, for: site.anna).shown else {
            Issue.record("it is not unknown")
            return
        }
        let run = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        await #expect(throws: RunIsStuck.self) {
            if destroying {
                _ = try await site.cloud.runner.perform(DestroyInstance(by: site.anna, instance: instance), as: run)
            } else {
                _ = try await site.cloud.runner.perform(ForceOffInstance(by: site.anna, instance: instance), as: run)
            }
        }
        for _ in 0..<3 {
            let next = try site.stage.nextManager()
            site.clock.advance(by: .seconds(600))
            _ = try await HostWatch(cloud: next).pass()
            try await next.runner.recover()
            let record = try #require(try site.disk.read { try $0.run(run) })
            #expect(record.state == .stuck && record.stuck?.failure.code == ErrorCode.hostUnreachable.rawValue)
            #expect(try site.disk.read { try $0.claims.find(instance) } != nil, "nothing is released before the host has answered")
            #expect(try site.disk.read { try $0.statuses.get(instance) }.operation?.text == run.text)
            #expect(site.host.guests.snapshot().guests[instance]?.power == .running)
        }
        try site.host.guests.becomeReachable()
        try await site.stage.nextManager().runner.recover()
        #expect(try site.disk.read { try $0.run(run) }?.state == .done)
        try expectReleased(instance, at: site)
        #expect(try site.disk.read { try $0.statuses.get(instance).state } == (destroying ? .destroyed : .stopped))
    }

    @Test func aForceOffDoesNotLoseADestroyThatIsWanted() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let away = Interference.Hurdle(CloudError(.hostUnreachable, ["host": SimulatedSite.host.text])) { point in
            if case .call(_, _, .before) = point { true } else { false }
        }
        site.stage.interference.set(Interference(hurdles: [away]))
        await #expect(throws: RunIsStuck.self) { _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance)) }
        site.stage.interference.set(Interference())
        do {
            _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
            Issue.record("the destroy was taken over by a verb of a lower level")
        } catch let refusal as CloudError { #expect(refusal.code == .busy) }
        try await site.cloud.runner.recover()
        #expect(try site.disk.read { try $0.statuses.get(instance).state } == .destroyed)
    }

    @Test func aRunThatWasTakenOverBringsNoPortBack() async throws {
        let site = try await Site()
        let instance = try await site.stuckStart("mine", by: site.anna, at: "network")
        let run = RunID(try #require(try site.disk.read { try $0.statuses.get(instance).operation }).text)
        // It is tried again, and still counts as stuck, when somebody destroys the instance under its hands.
        let late = Takeover(step: "network", run: run) {
            _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        }
        let slow = Cloud(world: site.cloud.world, clock: site.clock.waiting, probe: late)
        do { try await slow.runner.recover() } catch is RunTakenOver {}
        #expect(await late.tookOver)
        try expectReleased(instance, at: site)
        #expect(try site.disk.read { try $0.run(run) }?.state == .superseded)
    }
}

/// Lets another take over just before a step's effect.
private actor Takeover: BoundaryProbe {
    private let step: String
    private let run: RunID
    private let other: @Sendable () async throws -> Void
    private(set) var tookOver = false

    init(step: String, run: RunID, _ other: @escaping @Sendable () async throws -> Void) {
        (self.step, self.run, self.other) = (step, run, other)
    }

    func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
        guard run == self.run, boundary == Boundary(.beforeEffect, step), !tookOver else { return }
        tookOver = true
        try await other()
    }

    nonisolated func declared(_ step: StepDeclaration, of run: RunID, kind: String) {}
}
