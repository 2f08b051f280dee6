// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Synchronization
import Testing

/// Does something when a run comes to a boundary, once.
final class AtBoundary: BoundaryProbe {
    private let deed = Mutex<(boundary: Boundary, act: @Sendable (RunID) async throws -> Void)?>(nil)

    /// From now on, when a run comes to this boundary.
    func set(_ boundary: Boundary, _ act: @escaping @Sendable (RunID) async throws -> Void) { deed.withLock { $0 = (boundary, act) } }

    func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
        let act = deed.withLock { deed in
            guard deed?.boundary == boundary else { return nil as (@Sendable (RunID) async throws -> Void)? }
            defer { deed = nil }
            return deed?.act
        }
        try await act?(run)
    }
}

extension RunID {
    /// The operation that a run is.
    var asOperation: ID<OperationKind> { get throws { try #require(ID<OperationKind>(text)) } }
}

@Suite("A verb that is cancelled while it waits says so, and is taken back where it can be")
struct CancelTests {
    let probe = AtBoundary()

    /// With a neighbour, so that the network is served before and after.
    private func site() async throws -> Site {
        let site = try await Site(probe: probe)
        _ = try await site.launch("neighbour", by: site.bela)
        return site
    }
    private func cancelWhile(waitingFor what: String, at site: Site) {
        probe.set(Boundary(.beforeEffect, "wait for \(what)")) { try await site.cloud.runner.cancel($0) }
    }

    /// The verb was cancelled in its wait: it is undone, its activity says why, and the world is as before.
    private func expectTakenBack(_ operation: some CloudOperation, waitingFor what: String, at site: Site) async throws {
        let before = try await site.snapshot(.state)
        cancelWhile(waitingFor: what, at: site)
        let thrown = await #expect(throws: RunRefused.self) { _ = try await site.cloud.perform(operation) }
        let refused = try #require(thrown)
        #expect(refused.failure.code == "cancelled" && refused.failure.parameters == ["operation": refused.run.text])
        let view = try await site.cloud.operation(refused.run.asOperation, for: site.anna)
        #expect(view.run.state == .undone && view.run.waitingFor == nil)
        #expect(view.activity?.outcome?.code == .cancelled && view.activity?.endedAt != nil)
        #expect(try await before.difference(to: site.snapshot(.state)) == [])
    }

    @Test func aFirstStart() async throws {
        let site = try await site()
        let instance = try await site.make("mine", by: site.anna)
        try await expectTakenBack(StartInstance(by: site.anna, instance: instance), waitingFor: "the guest to be ready", at: site)
        #expect(try await site.cloud.perform(StartInstance(by: site.anna, instance: instance)).notReady == nil)
    }

    @Test func aLaterStartKeepsTheDiskAndTheLease() async throws {
        let site = try await site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        let dates = try site.disk.read { try $0.leases.get(instance).dates }
        site.clock.advance(by: .seconds(3600))
        _ = try await HostWatch(cloud: site.cloud).pass()
        try await expectTakenBack(StartInstance(by: site.anna, instance: instance), waitingFor: "the guest to be ready", at: site)
        #expect(try site.disk.read { try $0.leases.get(instance).dates } == dates)
        #expect(site.host.disks.snapshot().disks.count == 2)
    }

    @Test func aShutDownSaysNothingOfALimit() async throws {
        let site = try await site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.host.guests.setObedience(false, of: instance)
        try await expectTakenBack(ShutDownInstance(by: site.anna, instance: instance), waitingFor: "the guest to shut down", at: site)
    }

    @Test func aWakeIsBehindItsPointOfNoReturn() async throws {
        let site = try await site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        // A guest that has just been woken is ready at the first look, unless its agent is silent.
        try site.host.guests.setAgent(.hangs, of: instance)
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        cancelWhile(waitingFor: "the guest to be ready", at: site)
        let output = try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance))
        #expect(output.notReady?.code == .cancelledLate && output.readyMilliseconds == nil)
        let view = try await site.cloud.instance(instance, for: site.anna)
        #expect(view.status.state == .running && view.status.operation == nil && view.status.readyAt == nil)
        _ = try await site.cloud.perform(ShutDownInstance(by: site.anna, instance: instance))
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
    }

    @Test func aCreateCancelsTheStartsThatItRecorded() async throws {
        let site = try await site()
        let request = try site.cloud.request(template: site.template, name: "lab", count: 2, start: true, by: site.anna)
        let create = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        let made = try await site.cloud.runner.perform(request, as: create)
        let waiting = try await site.snapshot(.state)
        probe.set(Boundary(.beforeEffect, "wait for the guest to be ready")) { _ in
            try await site.cloud.cancel(create.asOperation, by: site.anna)
        }
        try await site.cloud.runner.recover()
        let view = try await site.cloud.operation(create.asOperation, for: site.anna)
        #expect(view.run.state == .done && view.children.map(\.state) == [.undone, .undone])
        #expect(view.children.allSatisfy { $0.failure?.code == "cancelled" })
        #expect(try await waiting.difference(to: site.snapshot(.state)) == [])
        #expect(try site.disk.read { view in try made.allSatisfy { try view.statuses.get($0).state == .pending } })
    }

    @Test func onlyWhoBeganItMayCancel() async throws {
        let site = try await site()
        let run = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        let request = try site.cloud.request(template: site.template, name: "lab", by: site.anna)
        let instance = try await site.cloud.runner.perform(request, as: run)[0]
        await #expect(throws: CloudError.self) { try await site.cloud.cancel(run.asOperation, by: site.bela) }
        try site.disk.write { tx in
            try tx.grants.insert(
                Grant(
                    id: site.cloud.world.ids.next(GrantKind.self), object: instance.text, subject: site.bela.user.text, level: .user,
                    until: nil, pinned: false, grantedBy: site.anna.user))
        }
        let thrown = await #expect(throws: CloudError.self) { try await site.cloud.cancel(run.asOperation, by: site.bela) }
        #expect(thrown?.code == .denied)
    }
}
