// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStore
import CloudStoreSQLite
import CloudWorkflow
import Testing

/// Ports come and go with their addresses: what is on the switch, in the picture and in the guest is what the records say.
@Suite struct PortTests {
    private func refusal(_ body: () async throws -> some Any) async -> CloudError? {
        do { _ = try await body() } catch let refused as RunRefused { return CloudError(refused.failure) } catch {
            return error as? CloudError
        }
        return nil
    }
    private func ports(_ site: Site, _ instance: ID<InstanceKind>) async throws -> [InstancePort] {
        try await site.cloud.instance(instance, for: site.anna).ports.map(\.port)
    }
    private func expectSound(_ site: Site, _ instance: ID<InstanceKind>) async throws {
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
        let (rows, host) = try site.disk.read { (try $0.ports.all(.equals(.instance, .id(instance))), try $0.statuses.get(instance).host) }
        let macs = try await site.host.guests.cards(of: instance)
        #expect(macs == (host == nil ? [] : rows.filter { $0.slot != nil }.map(\.mac).sorted()))
        for row in rows { #expect(row.attached == (host != nil && row.slot != nil) && (row.keptUntil == nil) == (row.slot != nil)) }
    }
    private func detaching(_ site: Site, _ instance: ID<InstanceKind>, _ port: InstancePort) -> DetachPort {
        DetachPort(by: site.anna, instance: instance, port: port.id)
    }
    private func start(_ site: Site, _ instance: ID<InstanceKind>) async throws -> StartInstance.Output {
        _ = try await HostWatch(cloud: site.cloud).pass()
        return try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
    }

    @Test func aPortComesAndGoesWhileTheGuestRuns() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let port = try await site.cloud.perform(site.attachingPort(to: instance, by: site.anna))
        let both = try await ports(site, instance)
        #expect(both.count == 2 && both[1].id == port && Set(both.map(\.ipv4)).count == 2 && Set(both.map(\.label)).count == 2)
        try await expectSound(site, instance)
        // It is as any other over a sleep and a start.
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        try await expectSound(site, instance)
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance))
        try await expectSound(site, instance)
        _ = try await site.cloud.perform(detaching(site, instance, both[1]))
        #expect(try await ports(site, instance).map(\.id) == [both[0].id])
        try await expectSound(site, instance)
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        #expect(try await start(site, instance).notReady == nil)
        try await expectSound(site, instance)
    }

    @Test func theLastPortMayGoAndTheMachineRunsWithoutOne() async throws {
        let site = try await Site()
        let (instance, forward) = try await site.launchWithForward(by: site.anna)
        let only = try await ports(site, instance)[0]
        let refused = await refusal { try await site.cloud.perform(detaching(site, instance, only)) }
        #expect(refused?.code == .portForwarded)
        let open = try site.disk.read { try $0.forwardedPorts.get(forward) }
        #expect(refused?.parameters["forwarded"] == "\(open.publicPort)/tcp", "the refusal names them")
        _ = try await site.cloud.perform(CloseForwardedPort(by: site.anna, instance: instance, forward: forward))
        _ = try await site.cloud.perform(detaching(site, instance, only))
        #expect(try await ports(site, instance).isEmpty)
        try await expectSound(site, instance)
        #expect(await refusal { try await site.cloud.perform(detaching(site, instance, only)) }?.code == .notFound)
        let opening = OpenForwardedPort(
            by: site.anna, instance: instance, id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22)
        #expect(await refusal { try await site.cloud.perform(opening) } == CloudError(.notFound, ["object": "\(instance)/ports"]))
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        #expect(try await start(site, instance).notReady == nil)
        try await expectSound(site, instance)
        _ = try await site.cloud.perform(site.attachingPort(to: instance, by: site.anna))
        let again = try await ports(site, instance)
        #expect(again.count == 1 && again[0].label == only.label, "its name is free again")
        try await expectSound(site, instance)
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
    }

    /// An address that was somebody's is nobody's for a while (invariant I2).
    @Test func aDetachedAddressIsKeptForAWhile() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let port = try await ports(site, instance)[0]
        _ = try await site.cloud.perform(detaching(site, instance, port))
        func holds() throws -> Bool { try site.disk.read { try $0.ports.find(port.id) != nil } }
        site.clock.advance(by: site.cloud.world.settings.addressesKept)
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(try holds())
        site.clock.advance(by: .seconds(1))
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(try !holds())
        // Destroying it does not keep longer what was let go of before.
        _ = try await HostWatch(cloud: site.cloud).pass()
        let other = try await site.stopped("other", by: site.anna)
        let gone = try await ports(site, other)[0]
        _ = try await site.cloud.perform(detaching(site, other, gone))
        let until = try site.disk.read { try $0.ports.get(gone.id).keptUntil }
        site.clock.advance(by: .seconds(60))
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: other))
        #expect(try site.disk.read { try $0.ports.get(gone.id).keptUntil } == until)
    }

    @Test func aGuestThatKeepsItsCardKeepsIt() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.host.guests.setObedience(false, of: instance)
        let port = try await ports(site, instance)[0]
        #expect(await refusal { try await site.cloud.perform(detaching(site, instance, port)) }?.code == .timedOut)
        #expect(try await ports(site, instance).map(\.id) == [port.id])
        try await expectSound(site, instance)
    }

    @Test func aNetworkIsWhoseItIsAndAMachineHasSoManyPorts() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let foreign = site.cloud.world.ids.next(NetworkKind.self)
        try await site.cloud.world.store.write { tx in
            var row = try tx.networks.get(SimulatedSite.network)
            (row.id, row.version, row.vlan) = (foreign, 1, 99)
            try tx.networks.insert(row)
        }
        for network in [foreign, ID<NetworkKind>(bits: 7, 7)] {
            let attach = AttachPort(by: site.anna, instance: instance, port: site.cloud.world.ids.next(PortKind.self), network: network)
            #expect(await refusal { try await site.cloud.perform(attach) } == CloudError(.notFound, ["object": network.text]))
        }
        let attach = AttachPort(by: site.admin, instance: instance, port: site.cloud.world.ids.next(PortKind.self), network: foreign)
        _ = try await site.cloud.perform(attach)
        let both = try await ports(site, instance)
        #expect(both[0].label == both[1].label, "on another network it has its own name")
        #expect(await refusal { try await site.cloud.perform(detaching(site, instance, both[1])) }?.code == .notFound)
        let taken = AttachPort(
            by: site.anna, instance: instance, port: site.cloud.world.ids.next(PortKind.self), network: SimulatedSite.network,
            hostname: both[0].label)
        let hostname = both[0].label.text
        let refused = CloudError(.hostnameTaken, ["hostname": hostname, "proposal": "\(hostname)-2"])
        #expect(await refusal { try await site.cloud.perform(taken) } == refused)
        for _ in 2..<8 { _ = try await site.cloud.perform(site.attachingPort(to: instance, by: site.anna)) }
        #expect(await refusal { try await site.cloud.perform(site.attachingPort(to: instance, by: site.anna)) }?.code == .invalidField)
        try await expectSound(site, instance)
    }
}
