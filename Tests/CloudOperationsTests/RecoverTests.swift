// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

/// Only recover leads out of the trash, and only while the disks are there (invariant I15); what is not as before is said.
@Suite struct RecoverTests {
    private func recover(_ instance: ID<InstanceKind>, by principal: Principal, at site: Site) async throws -> RecoverInstance.Output {
        try await site.cloud.perform(RecoverInstance(by: principal, instance: instance, port: site.cloud.world.ids.next(PortKind.self)))
    }
    private func trashed(_ site: Site) async throws -> ID<InstanceKind> {
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(
            OpenForwardedPort(by: site.anna, instance: instance, id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22))
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        return instance
    }

    @Test func everythingThatIsStillKeptIsAsBeforeAndItStartsAgain() async throws {
        let site = try await Site()
        let instance = try await trashed(site)
        let (port, forward) = try site.disk.read { view in
            (try view.ports.first(.equals(.instance, .id(instance))), try view.forwardedPorts.first(.equals(.instance, .id(instance))))
        }
        let view = try await site.cloud.instance(instance, for: site.anna)
        #expect(view.trash?.isRecoverable == true && view.trash?.keptUntil == site.clock.now() + site.cloud.world.settings.trashKept)
        site.clock.advance(by: .seconds(86_400))
        let result = try await recover(instance, by: site.anna, at: site)
        #expect(result.name == nil && result.hostname == nil && result.address == nil)
        #expect(result.dates.suspendAt == site.clock.now() + .seconds(5 * 3600))
        let after = try await site.cloud.instance(instance, for: site.anna)
        #expect(after.status.state == .stopped && after.trash == nil && after.ports.first?.port.ipv4 == port?.ipv4)
        #expect(after.forwardedPorts.map(\.publicPort) == [forward?.publicPort])
        #expect(try site.disk.read { try $0.disks.all().allSatisfy { $0.trashedAt == nil } })
        #expect(try site.disk.read { try $0.quotas.find(key: site.anna.user.text)?.used.instances } == 1)
        _ = try await HostWatch(cloud: site.cloud).pass()
        #expect(try await site.cloud.perform(StartInstance(by: site.anna, instance: instance)).notReady == nil)
        site.clock.advance(by: .seconds(30 * 86_400))
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(try await site.cloud.instance(instance, for: site.anna).ports.count == 1, "what lives is not collected")
    }

    @Test func whatIsNoLongerKeptIsNewAndTheResultSaysSo() async throws {
        let site = try await Site()
        let instance = try await trashed(site)
        site.clock.advance(by: site.cloud.world.settings.addressesKept + .seconds(1))
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        _ = try await site.make("mine", by: site.anna)
        #expect(try await site.cloud.forwardedPorts(of: instance, for: site.anna).elements.isEmpty)
        let result = try await recover(instance, by: site.anna, at: site)
        #expect(result.name?.text == "mine-2" && result.address != nil && result.hostname == nil)
        #expect(try await site.cloud.instance(instance, for: site.anna).instance.name.text == "mine-2")
    }

    @Test func aMachineThatHadNoNetworkHasNone() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let port = try await site.cloud.instance(instance, for: site.anna).ports[0].port
        _ = try await site.cloud.perform(DetachPort(by: site.anna, instance: instance, port: port.id))
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        let result = try await recover(instance, by: site.anna, at: site)
        #expect(result.address == nil && result.hostname == nil && result.lostPorts.isEmpty)
        let after = try await site.cloud.instance(instance, for: site.anna)
        #expect(after.ports.isEmpty && after.instance.label == port.label)
        #expect(try site.disk.read { try $0.instances.get(instance).belongings } == nil)
    }

    @Test func itsHostNameStaysItsOwn() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let first = try await site.cloud.instance(instance, for: site.anna).ports[0].port
        _ = try await site.cloud.perform(site.attachingPort(to: instance, by: site.anna))
        _ = try await site.cloud.perform(DetachPort(by: site.anna, instance: instance, port: first.id))
        let label = try site.disk.read { try $0.instances.get(instance).label }
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        #expect(try await recover(instance, by: site.anna, at: site).hostname == nil)
        #expect(try site.disk.read { try $0.instances.get(instance).label } == label)
    }

    /// Its network was nearly full, and of its two addresses only one could be kept: a public port that leads nowhere would be paid for.
    @Test func whatLedToACardThatIsLostLeadsToOneThatIsKept() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let first = try await site.cloud.instance(instance, for: site.anna).ports[0].port
        _ = try await site.cloud.perform(site.attachingPort(to: instance, by: site.anna))
        _ = try await site.cloud.perform(
            OpenForwardedPort(by: site.anna, instance: instance, id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22))
        #expect(try site.disk.read { try $0.forwardedPorts.all().map(\.port) } == [first.id])
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        try site.disk.write { try $0.ports.delete(first.id) }
        _ = try await recover(instance, by: site.anna, at: site)
        let left = try await site.cloud.instance(instance, for: site.anna).ports.map(\.port.id)
        #expect(left.count == 1 && left[0] != first.id)
        #expect(try site.disk.read { try $0.forwardedPorts.all().map(\.port) } == left)
    }

    /// Nobody is asked for a host name here, so that one that is taken is no reason to refuse.
    @Test func itComesBackThoughSomebodyHasItsHostName() async throws {
        let site = try await Site()
        let instance = try await trashed(site)
        site.clock.advance(by: site.cloud.world.settings.addressesKept + .seconds(1))
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        _ = try await HostWatch(cloud: site.cloud).pass()
        let other = try await site.stopped("other", by: site.anna)
        let label = try site.disk.read { try $0.instances.get(instance).label }
        #expect(label == DNSLabel(of: instance))
        let port = site.cloud.world.ids.next(PortKind.self)
        _ = try await site.cloud.perform(
            AttachPort(by: site.anna, instance: other, port: port, network: SimulatedSite.network, hostname: label))
        #expect(try await recover(instance, by: site.anna, at: site).hostname?.text == "\(label)-2")
        #expect(try await site.cloud.instance(instance, for: site.anna).ports.map(\.port.label.text) == ["\(label)-2"])
    }

    /// Memory that was saved is thrown away when a machine is destroyed, and that it is gone is said; of one that was stopped nothing is.
    @Test func memoryThatWasSavedIsSaidToBeGone() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        #expect(try await recover(instance, by: site.anna, at: site).lostMemory == true)
        #expect(try await site.cloud.instance(instance, for: site.anna).status.state == .stopped)
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        #expect(try await recover(instance, by: site.anna, at: site).lostMemory == nil)
    }

    @Test func aDiskThatAnotherMachineHasSinceIsNotNamed() async throws {
        let site = try await Site()
        let (instance, disk) = try await site.withDataDisk("mine", by: site.anna)
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        let other = try await site.launch("other", by: site.anna)[0]
        _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: other, disk: disk, size: nil))
        #expect(try await recover(instance, by: site.anna, at: site).detachedDisks.isEmpty)
    }

    @Test func portsThatAreLostAndDisksThatItLetGoOfAreNamed() async throws {
        let site = try await Site()
        let (instance, disk) = try await site.withDataDisk("mine", by: site.anna)
        let second = try await site.cloud.perform(site.attachingPort(to: instance, by: site.anna))
        let ports = try await site.cloud.instance(instance, for: site.anna).ports.map(\.port)
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        // The second alone is gone: its network needed the address.
        try site.disk.write { try $0.ports.delete(second) }
        let one = try await recover(instance, by: site.anna, at: site)
        #expect(one.lostPorts.map(\.id) == [second] && one.lostPorts.map(\.address) == [ports[1].ipv4] && one.address == nil)
        #expect(one.detachedDisks == [disk])
        _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: instance, disk: disk, size: nil))
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        site.clock.advance(by: site.cloud.world.settings.addressesKept + .seconds(1))
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        _ = try await site.cloud.perform(DeleteDisk(by: site.anna, disk: disk))
        let all = try await recover(instance, by: site.anna, at: site)
        #expect(all.lostPorts.map(\.id) == [ports[0].id] && all.address != nil && all.detachedDisks.isEmpty)
    }

    @Test func withoutItsDiskItIsRefusedAndSoIsWhatIsNotInTheTrash() async throws {
        let site = try await Site(settings: CollectorTests.greedy)
        let instance = try await trashed(site)
        site.clock.advance(by: site.cloud.world.settings.trashKept + .seconds(1))
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        let gone = CloudError(.diskGone, ["object": instance.text])
        await #expect(throws: gone) { _ = try await recover(instance, by: site.anna, at: site) }
        #expect(try await site.cloud.instance(instance, for: site.anna).trash?.isRecoverable == false)
        let never = try await site.make("never", by: site.anna)
        let living = await #expect(throws: CloudError.self) { _ = try await recover(never, by: site.anna, at: site) }
        #expect(living?.code == .stateForbids)
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: never))
        await #expect(throws: CloudError(.diskGone, ["object": never.text])) { _ = try await recover(never, by: site.anna, at: site) }
        let trash = try await site.cloud.instance(never, for: site.anna).trash
        #expect(trash?.isRecoverable == false && trash?.keptUntil == nil, "nothing is promised that cannot be held")
        let told = try await site.cloud.allowedVerbs(of: never, for: site.anna).first { $0.verb == .recover }
        #expect(told?.refusal == CloudError(.diskGone, ["object": never.text]))
    }

    @Test func theQuotaHoldsAndOnlyOwnersMay() async throws {
        var settings = Settings()
        settings.limits.instances = 1
        let site = try await Site(settings: settings)
        let instance = try await trashed(site)
        _ = try await site.make("other", by: site.anna)
        let full = await #expect(throws: CloudError.self) { _ = try await recover(instance, by: site.anna, at: site) }
        #expect(full?.code == .quotaExceeded)
        try site.disk.write { tx in
            try tx.grants.insert(
                Grant(
                    id: ID(bits: 9, 1), object: instance.text, subject: site.bela.user.text, level: .operator, until: nil, pinned: false,
                    grantedBy: site.anna.user))
        }
        let denied = await #expect(throws: CloudError.self) { _ = try await recover(instance, by: site.bela, at: site) }
        #expect(denied?.code == .denied)
        #expect(try site.disk.read { try $0.statuses.get(instance).state } == .destroyed)
    }
}
