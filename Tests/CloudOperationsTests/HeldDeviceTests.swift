// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudWorkflow
import Testing

/// A guest is only asked to let a device go. While it has one that is to be taken back, nothing is taken from under it; what waits for
/// that ends when the guest lets it go, ends, or is forced off.
@Suite struct HeldDeviceTests {
    private static let run = RunID("op-attach")

    /// How the guest comes to let it go.
    enum Ending: CaseIterable, Sendable { case letsGoLate, endsItself, isForcedOff }

    @Test(arguments: Ending.allCases) func aDiskThatIsTakenBack(_ ending: Ending) async throws {
        let (site, instance) = try await site()
        let disk = site.cloud.world.ids.next(DiskKind.self)
        try await callOff(
            AttachDisk(by: site.anna, instance: instance, disk: disk, size: .mebibytes(64)), of: instance, holding: disk.text, site)
        #expect(site.host.snapshot().disks.disks[disk] != nil, "the guest may write to it")
        #expect(try site.disk.read { try $0.disks.find(disk) } != nil)
        try await end(ending, instance, site) { try await site.host.guests.detach(disk, from: instance, $0) }
        #expect(site.host.snapshot().disks.disks[disk] == nil)
        #expect(try site.disk.read { try $0.disks.find(disk) } == nil)
    }

    @Test(arguments: Ending.allCases) func aCardThatIsTakenBack(_ ending: Ending) async throws {
        let (site, instance) = try await site()
        var devices: Set<String> { Set(site.host.snapshot().fabric.parts.ports.keys) }
        let (attach, before) = (site.attachingPort(to: instance, by: site.anna), devices)
        try await callOff(attach, of: instance, holding: attach.port.text, site)
        let held = devices.subtracting(before)
        #expect(held.count == 1, "the guest may send by it")
        try await end(ending, instance, site) {
            let card = GuestPort(
                port: attach.port, mac: try site.disk.read { try $0.ports.get(attach.port).mac }, device: try #require(held.first))
            try await site.host.guests.detach(card, from: instance, $0)
        }
        #expect(devices.isDisjoint(with: held))
    }

    private let probe = AtBoundary()

    private func site() async throws -> (Site, ID<InstanceKind>) {
        let site = try await Site(probe: probe)
        return (site, try #require(try await site.launch("mine", by: site.anna).first))
    }

    /// Called off when the guest has the device and lets nothing go.
    private func callOff(_ operation: some CloudOperation, of instance: ID<InstanceKind>, holding device: String, _ site: Site) async throws
    {
        probe.set(Boundary(.afterEffect, "attach")) { run in
            try site.host.guests.setObedience(false, of: instance)
            try await site.cloud.runner.cancel(run)
        }
        let held = CloudError(.deviceHeld, ["instance": instance.text, "device": device])
        await #expect(
            throws: RunIsStuck(run: Self.run, point: StuckPoint(step: "attach", undoing: true, failure: held.failure, attempts: 1))
        ) {
            _ = try await site.cloud.runner.perform(operation, as: Self.run)
        }
    }

    private func end(
        _ ending: Ending, _ instance: ID<InstanceKind>, _ site: Site, lettingGo: (Command) async throws -> Void
    ) async throws {
        switch ending {
        case .letsGoLate:
            // The host has asked once, and asks no second time; the guest does then what it was asked for.
            try site.host.guests.setObedience(true, of: instance)
            let fence = try site.disk.read { try $0.statuses.get(instance).fence }
            try await lettingGo(Command(run: site.cloud.world.ids.next(OperationKind.self), step: "the guest", fence: fence))
        case .endsItself: try site.host.guests.shutDownFromInside(instance)
        case .isForcedOff: _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        }
        try await site.cloud.runner.recover()
        let run = try #require(try site.disk.read { try $0.run(Self.run) })
        #expect(run.state == (ending == .isForcedOff ? .superseded : .undone))
        _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
        let report = try await Audit(cloud: site.cloud).report(for: site.admin)
        #expect(report.differences == [] && report.openOperations == 0)
    }
}
