// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Testing

/// Rules about what hosts were told, and about their files.
extension InvariantRulesTests {
    /// Breaks something on the second host, and lets its machine be told something.
    private func told(after change: @escaping @Sendable (Stage, SimulatedHost, SimulatedCloud) async throws -> Void) throws -> [Violation] {
        try broken { stage, cloud in
            let host = try #require(cloud.hosts[SimulatedCloud.host(2)])
            try await change(stage, host, cloud)
            try await cloud.ask { _ = try await $0.submit(RebootInstance(by: stage.owner, instance: stage.running)) }
            try await cloud.wait(.seconds(2))
        }
    }

    /// A command by hand, past all records.
    private static func command(_ cloud: SimulatedCloud, _ fence: Int64, _ step: String = "by-hand") -> Command {
        Command(run: ID(bits: 9, UInt64(fence)), step: step, fence: Fence(fence))
    }

    // MARK: I5, I7, I8

    @Test func aPortIsUpWithoutItsFilter() throws {
        let violations = try broken { stage, cloud in
            try cloud.hosts[SimulatedCloud.host(2)]?.fabric.alter { state in
                for device in state.parts.ports.keys { state.parts.ports[device]?.filter = nil }
            }
            try await cloud.ask { manager in
                _ = try await manager.submit(manager.request(template: stage.templates[1], name: "next", by: stage.owner))
            }
            try await cloud.wait(.seconds(1))
        }
        #expect(!violations.isEmpty && violations.allSatisfy { $0.invariant == .filters }, "\(violations)")
    }

    @Test func aMachineRunsOnTwoHosts() throws {
        let violations = try told { stage, host, cloud in
            let twin = host.guests.snapshot().guests.filter { $0.key == stage.running }
            try cloud.hosts[SimulatedCloud.host(1)]?.guests.show(twin)
        }
        #expect(violations.contains { $0.invariant == .oneDomain }, "\(violations)")
    }

    @Test func twoMachinesHaveOneDiskOpen() throws {
        let violations = try told { stage, host, _ in
            let guest = try #require(host.guests.snapshot().guests[stage.running])
            try host.guests.show([ID(bits: 9, 9): guest])
        }
        #expect(violations.contains { $0.invariant == .openOnce && $0.by.contains("disk-") }, "\(violations)")
    }

    @Test func aMachineRunsOnThoughAnotherHostHasSeenANewerFence() throws {
        let violations = try told { stage, _, cloud in
            try await cloud.ask { manager in
                let other = try manager.world.hosts.parts(of: SimulatedCloud.host(1))
                // There is no such machine there; the fence stays.
                do { try await other.guests.askToShutDown(stage.running, Self.command(cloud, 99)) } catch is CloudError {}
            }
        }
        #expect(violations.contains { $0.invariant == .openOnce && $0.by.contains("newer fence") }, "\(violations)")
    }

    // MARK: I37

    /// A host that forgot its fences does what one refuses that did not.
    @Test(arguments: [false, true]) func aHostDoesWhatIsOlder(hasForgotten: Bool) throws {
        let violations = try broken { stage, cloud in
            let host = try #require(cloud.hosts[SimulatedCloud.host(2)])
            let disk = try #require(host.disks.snapshot().disks.values.map(\.disk).min())
            try await cloud.ask { manager in
                let there = try #require(host.disks.snapshot().disks[disk])
                let parts = try manager.world.hosts.parts(of: SimulatedCloud.host(2))
                try await parts.disks.ensure(there, Self.command(cloud, 7))
                if hasForgotten { try host.disks.intervene { $0.ledger = CommandLedger() } }
                do { try await parts.disks.ensure(there, Self.command(cloud, 6)) } catch let stale as CloudError {
                    #expect(stale.code == .fenceStale && !hasForgotten)
                }
            }
        }
        #expect(violations.map(\.invariant) == (hasForgotten ? [.fencesGrow] : []), "\(violations)")
    }

    @Test func aHostIsToldUnderAFenceThatWasNeverGiven() throws {
        let violations = try broken { stage, cloud in
            try await cloud.ask { manager in
                let parts = try manager.world.hosts.parts(of: SimulatedCloud.host(2))
                try await parts.guests.askToShutDown(stage.running, Self.command(cloud, 99))
            }
        }
        #expect(violations.map(\.invariant) == [.fencesGrow], "\(violations)")
    }

    // MARK: I18, I20

    @Test func anImageIsAnother() throws {
        let violations = try broken { stage, cloud in
            try cloud.hosts[SimulatedCloud.host(2)]?.disks.intervene { state in
                state.images = state.images.mapValues {
                    ImageFacts(format: $0.format, virtualSize: $0.virtualSize, fileSize: $0.fileSize, sha256: String($0.sha256.reversed()))
                }
            }
        }
        #expect(!violations.isEmpty && violations.allSatisfy { $0.invariant == .imagesStay }, "\(violations)")
    }

    @Test(arguments: ["surplus", "missing", "size"]) func aFileIsNotWhatItsRowSays(how: String) throws {
        let violations = try broken { stage, cloud in
            try cloud.hosts[SimulatedCloud.host(2)]?.disks.intervene { state in
                guard let disk = state.disks.values.min(by: { $0.disk < $1.disk }) else { return }
                let stray = ID<DiskKind>(bits: 9, 9)
                switch how {
                case "surplus": state.disks[stray] = OverlayDescription(disk: stray, base: .nothing, virtualSize: .mebibytes(1))
                case "missing": state.disks[disk.disk] = nil
                default:
                    state.disks[disk.disk] = OverlayDescription(
                        disk: disk.disk, base: disk.base, virtualSize: disk.virtualSize + .mebibytes(1))
                }
            }
        }
        #expect(!violations.isEmpty && violations.allSatisfy { $0.invariant == .filesAndRows }, "\(violations)")
    }
}
