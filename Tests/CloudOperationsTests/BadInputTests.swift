// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

@Suite("What cannot be done is refused with a code, and nothing is half made")
struct BadInputTests {
    /// A site with a neighbour, so that its network is served before and after.
    private func site(probe: any BoundaryProbe = NoProbe()) async throws -> Site {
        let site = try await Site(probe: probe)
        _ = try await site.launch("neighbour", by: site.bela)
        _ = try await HostWatch(cloud: site.cloud).pass()
        return site
    }

    /// Refused at once: there is no run, and not a row is another.
    private func expectRefusedAtOnce(
        _ operation: some CloudOperation, _ code: ErrorCode, _ parameters: [String: String]? = nil, at site: Site,
        location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await site.snapshot(.history)
        do {
            _ = try await site.cloud.perform(operation)
            Issue.record("\(type(of: operation).kind) was not refused", sourceLocation: location)
        } catch let refusal as CloudError {
            #expect(refusal.code == code && parameters ?? refusal.parameters == refusal.parameters, "\(refusal)", sourceLocation: location)
        }
        #expect(try await before.difference(to: site.snapshot(.history)) == [], sourceLocation: location)
    }

    /// Refused on the way: the run is undone, and the world as before.
    private func expectUndone(
        _ operation: some CloudOperation, _ code: ErrorCode, at site: Site, location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await site.snapshot(.state)
        let refused = await #expect(throws: RunRefused.self, sourceLocation: location) { _ = try await site.cloud.perform(operation) }
        #expect(refused?.failure.code == code.rawValue, sourceLocation: location)
        #expect(try await before.difference(to: site.snapshot(.state)) == [], sourceLocation: location)
    }

    @Test("a foreign instance answers as an unknown one, to every verb")
    func foreignAndUnknown() async throws {
        let site = try await site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        for id in [instance, ID<InstanceKind>(bits: 7, 7)] {
            let (bela, unknown) = (site.bela, ["object": id.text])
            try await expectRefusedAtOnce(StartInstance(by: bela, instance: id), .notFound, unknown, at: site)
            try await expectRefusedAtOnce(SuspendInstance(by: bela, instance: id), .notFound, unknown, at: site)
            try await expectRefusedAtOnce(WakeInstance(by: bela, instance: id), .notFound, unknown, at: site)
            try await expectRefusedAtOnce(ShutDownInstance(by: bela, instance: id), .notFound, unknown, at: site)
            try await expectRefusedAtOnce(ForceOffInstance(by: bela, instance: id), .notFound, unknown, at: site)
            try await expectRefusedAtOnce(DestroyInstance(by: bela, instance: id), .notFound, unknown, at: site)
            try await expectRefusedAtOnce(RecoverInstance(by: bela, instance: id, port: ID(bits: 8, 8)), .notFound, unknown, at: site)
            try await expectRefusedAtOnce(RenewInstances(by: bela, instances: [id]), .notFound, unknown, at: site)
            try await expectRefusedAtOnce(
                OpenForwardedPort(by: bela, instance: id, id: ID(bits: 8, 8), targetPort: 22), .notFound, unknown, at: site)
        }
    }

    @Test("a foreign or unknown template, group, image, network")
    func foreignParts() async throws {
        let site = try await site()
        var request = try site.cloud.request(template: ID(bits: 7, 7), name: "mine", by: site.anna)
        try await expectRefusedAtOnce(request, .notFound, ["object": ID<TemplateKind>(bits: 7, 7).text], at: site)
        let group = try site.disk.read { try $0.users.get(site.bela.user).personalGroup }
        request = try site.cloud.request(template: site.template, name: "mine", group: group, by: site.anna)
        try await expectRefusedAtOnce(request, .notFound, ["object": group.text], at: site)
        let image = try site.disk.read { try $0.images.all()[0].id }
        for (image, network) in [(ID(bits: 7, 7), SimulatedSite.network), (image, ID<NetworkKind>(bits: 7, 7))] {
            let recipe = CreateTemplate.Recipe(
                image: image, cpus: CPUCount(1), memory: .mebibytes(256), network: network, leasePolicy: try site.leasePolicy)
            try await expectRefusedAtOnce(
                CreateTemplate(by: site.admin, template: ID(bits: 9, 9), name: DisplayName("x"), recipe: recipe), .notFound, at: site)
        }
    }

    @Test(
        "an account that would be something else in a command",
        arguments: ["root;rm -rf /", "-oProxyCommand=x", "root: x", "", "a b", "é", String(repeating: "a", count: 33), "x\n", "$(id)"])
    func accounts(_ account: String) async throws {
        let site = try await site()
        let image = try site.disk.read { try $0.images.all()[0].id }
        var recipe = CreateTemplate.Recipe(
            image: image, cpus: CPUCount(1), memory: .mebibytes(256), network: SimulatedSite.network, leasePolicy: try site.leasePolicy)
        recipe.access = AccessMethod(transport: .tcp, port: 22, account: account)
        try await expectRefusedAtOnce(
            CreateTemplate(by: site.admin, template: ID(bits: 9, 9), name: DisplayName("x"), recipe: recipe), .invalidField, at: site)
        recipe.access = AccessMethod(transport: .tcp, port: 0, account: "root")
        try await expectRefusedAtOnce(
            CreateTemplate(by: site.admin, template: ID(bits: 9, 9), name: DisplayName("x"), recipe: recipe), .invalidField, at: site)
    }

    @Test("an upload that is not there")
    func unknownUpload() async throws {
        let site = try await site()
        let operation = ImportImage(
            by: site.admin, image: ID(bits: 9, 9), name: try DisplayName("x"), upload: ID(bits: 7, 7), format: .raw,
            host: SimulatedSite.host)
        try await expectRefusedAtOnce(operation, .notFound, at: site)
        try await expectRefusedAtOnce(
            ImportImage(
                by: site.anna, image: ID(bits: 9, 9), name: DisplayName("x"), upload: ID(bits: 7, 7), format: .raw,
                host: SimulatedSite.host), .denied, at: site)
    }

    @Test("a second verb on an instance that one is at work on")
    func busy() async throws {
        let probe = AtBoundary()
        let site = try await site(probe: probe)
        let instance = try await site.make("mine", by: site.anna)
        probe.set(Boundary(.beforeEffect, "power")) { run in
            let busy = ["object": instance.text, "operation": run.text]
            try await expectRefusedAtOnce(StartInstance(by: site.anna, instance: instance), .busy, busy, at: site)
            try await expectRefusedAtOnce(SuspendInstance(by: site.anna, instance: instance), .busy, busy, at: site)
            try await expectRefusedAtOnce(ShutDownInstance(by: site.anna, instance: instance), .busy, busy, at: site)
            try await expectRefusedAtOnce(ForceOffInstance(by: site.anna, instance: instance), .busy, busy, at: site)
            try await expectRefusedAtOnce(DestroyInstance(by: site.anna, instance: instance), .busy, busy, at: site)
        }
        #expect(try await site.cloud.perform(StartInstance(by: site.anna, instance: instance)).notReady == nil)
    }

    @Test("a verb that the state does not allow")
    func unfit() async throws {
        let site = try await site()
        let instance = try await site.make("mine", by: site.anna)
        try await expectRefusedAtOnce(SuspendInstance(by: site.anna, instance: instance), .stateForbids, at: site)
        try await expectRefusedAtOnce(WakeInstance(by: site.anna, instance: instance), .stateForbids, at: site)
        try await expectRefusedAtOnce(ShutDownInstance(by: site.anna, instance: instance), .stateForbids, at: site)
        try await expectRefusedAtOnce(ForceOffInstance(by: site.anna, instance: instance), .stateForbids, at: site)
    }

    @Test(
        "names that are no names",
        arguments: ["", "   ", String(repeating: "n", count: 300), "a\u{0}b", "a\nb", "\u{1B}[31m", "a\u{202E}b"])
    func badNames(_ name: String) async throws {
        let site = try await site()
        let before = try await site.snapshot(.history)
        for count in [1, 2] {
            let refusal = #expect(throws: CloudError.self) {
                _ = try site.cloud.request(template: site.template, name: name, count: count, by: site.anna)
            }
            #expect(refusal?.code == .invalidField && refusal?.parameters["pointer"] == "/name")
        }
        #expect(try await before.difference(to: site.snapshot(.history)) == [])
    }

    @Test(
        "names that only look bad", arguments: ["</name><devices>", "🙂🇭🇺👩‍👩‍👧", "'; DROP TABLE instances --", "100% árvíztűrő", "-rf ../../x"])
    func oddNames(_ name: String) async throws {
        let site = try await site()
        let instance = try await site.launch(name, by: site.anna)[0]
        let view = try await site.cloud.instance(instance, for: site.anna)
        #expect(view.instance.name.text == name && view.shown == .known(.running))
        #expect(try await site.cloud.instances(for: site.anna, name: name).elements.map(\.instance.id) == [instance])
        let guest = try #require(site.host.guests.snapshot().guests[instance])
        #expect(guest.description.title.text == name && guest.description.disks.count == 1 && guest.description.ports.count == 1)
    }

    @Test("a name that is taken is refused with one that is free")
    func takenName() async throws {
        let site = try await site()
        _ = try await site.make("mine", by: site.anna)
        try await expectRefusedAtOnce(
            site.cloud.request(template: site.template, name: "mine", by: site.anna), .nameTaken, ["name": "mine", "proposal": "mine-2"],
            at: site)
    }

    @Test("no free address: not even for one of a batch")
    func noAddress() async throws {
        let site = try await site()
        try site.disk.write { tx in
            _ = try tx.networks.change(SimulatedSite.network) { $0.ipv4 = try #require(IPv4Network("10.7.0.0/29")) }
        }
        // Of eight addresses network, broadcast, gateway and the neighbour's are taken.
        for name in ["a", "b", "c"] { _ = try await site.make(name, by: site.anna) }
        let batch = try site.cloud.request(template: site.template, name: "lab-%02d", count: 2, by: site.anna)
        try await expectRefusedAtOnce(batch, .addressesExhausted, at: site)
        _ = try await site.make("d", by: site.anna)
        try await expectRefusedAtOnce(
            site.cloud.request(template: site.template, name: "e", by: site.anna), .addressesExhausted, at: site)
    }

    @Test("no free memory")
    func noMemory() async throws {
        let site = try await site()
        // Two of four gigabytes are the host's own, and half of one is the neighbour's.
        _ = try await site.launch("lab-%02d", count: 3, by: site.anna)
        let instance = try await site.make("one-more", by: site.anna)
        _ = try await HostWatch(cloud: site.cloud).pass()
        try await expectRefusedAtOnce(StartInstance(by: site.anna, instance: instance), .noHost, at: site)
    }

    @Test("no room on the disk")
    func noDisk() async throws {
        let site = try await site()
        let instance = try await site.make("mine", by: site.anna)
        try site.host.disks.intervene { $0.capacity = $0.used }
        try await expectUndone(StartInstance(by: site.anna, instance: instance), .diskFull, at: site)
        #expect(try await site.cloud.instance(instance, for: site.anna).shown == .known(.pending))
    }

    @Test("a disk that is not in its store: nothing is made in its place", arguments: [0, 1])
    func diskMissing(_ place: Int) async throws {
        let site = try await site()
        let instance = try await site.stopped("mine", by: site.anna)
        let data = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: instance, disk: data, size: .gibibytes(1)))
        let lost = try await site.cloud.instance(instance, for: site.anna).disks[place].id
        let there = site.host.disks.snapshot().disks[lost]
        try site.host.disks.intervene { $0.disks[lost] = nil }
        _ = try await HostWatch(cloud: site.cloud).pass()
        try await expectUndone(StartInstance(by: site.anna, instance: instance), .diskMissing, at: site)
        #expect(there != nil && site.host.disks.snapshot().disks[lost] == nil)
        #expect(try await site.cloud.instance(instance, for: site.anna).shown == .known(.stopped))
        try site.host.disks.intervene { $0.disks[lost] = there }
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try await site.cloud.instance(instance, for: site.anna).shown == .known(.running))
    }

    @Test("a template of a disk that is not in its store: a guest that runs is not even shut down", arguments: [false, true])
    func savedDiskMissing(runs: Bool) async throws {
        let site = try await site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        if !runs { _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance)) }
        let disk = try await site.cloud.instance(instance, for: site.anna).disks[0].id
        try site.host.disks.intervene { $0.disks[disk] = nil }
        let ids = site.cloud.world.ids
        let saving = SaveAsTemplate(
            by: site.anna, instance: instance, template: ids.next(TemplateKind.self), name: try DisplayName("saved"),
            image: ids.next(ImageKind.self))
        try await expectUndone(saving, .diskMissing, at: site)
        #expect(site.host.snapshot().guests.guests[instance]?.power == (runs ? .running : nil))
        guard runs else { return }
        _ = try await HostWatch(cloud: site.cloud).pass()
        let resizing = ResizeInstance(
            by: site.anna, instance: instance, cpus: nil, memory: .mebibytes(256), restart: ids.next(OperationKind.self))
        try await expectUndone(resizing, .diskMissing, at: site)
        #expect(site.host.snapshot().guests.guests[instance]?.power == .running)
    }

    @Test("what is in the trash with a disk that is not in its store stays there, until the disk is back or its host is silent")
    func recoveredDiskMissing() async throws {
        let site = try await site()
        let instance = try await site.stopped("mine", by: site.anna)
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        let disk = try #require(try site.disk.read { try $0.disks.all(.equals(.instance, .id(instance))) }.first?.id)
        let there = site.host.disks.snapshot().disks[disk]
        try site.host.disks.intervene { $0.disks[disk] = nil }
        func recovering(by principal: Principal) -> RecoverInstance {
            RecoverInstance(by: principal, instance: instance, port: site.cloud.world.ids.next(PortKind.self))
        }
        try await expectRefusedAtOnce(
            recovering(by: site.anna), .diskMissing, ["instance": instance.text, "disk": disk.text], at: site)
        try await expectRefusedAtOnce(recovering(by: site.bela), .notFound, at: site)
        try site.host.disks.intervene { $0.disks[disk] = there }
        _ = try await site.cloud.perform(recovering(by: site.anna))
        #expect(try await site.cloud.instance(instance, for: site.anna).shown == .known(.stopped))
    }

    @Test("a host that does not answer keeps nothing in the trash")
    func recoveredWithoutItsHost() async throws {
        let site = try await site()
        let instance = try await site.stopped("mine", by: site.anna)
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        try site.host.disks.intervene { $0.disks = [:] }
        let away = Interference.Hurdle(CloudError(.hostUnreachable, ["host": "host-1"])) { _ in true }
        site.stage.interference.set(Interference(hurdles: [away]))
        _ = try await site.cloud.perform(
            RecoverInstance(by: site.anna, instance: instance, port: site.cloud.world.ids.next(PortKind.self)))
        #expect(try await site.cloud.instance(instance, for: site.anna).shown == .known(.stopped))
    }

    @Test("no quota: not even for one of a batch")
    func noQuota() async throws {
        let site = try await site()
        try site.disk.write { tx in
            try tx.quotas.insert(
                QuotaAccount(id: site.anna.user.text, limits: ResourceAmounts(instances: 2, disk: .gibibytes(100)), used: .zero))
        }
        let batch = try site.cloud.request(template: site.template, name: "lab-%02d", count: 3, by: site.anna)
        try await expectRefusedAtOnce(batch, .quotaExceeded, at: site)
    }
}
