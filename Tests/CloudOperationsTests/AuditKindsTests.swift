// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor
import ImageStore
import NetFabric
import Testing

@testable import CloudOperations

/// The comparison itself: where records and a host agree nothing is said, each kind of difference is one sentence, and what is on its way
/// is none.
@Suite struct AuditKindsTests {
    private static let host = ID<HostKind>(bits: 0, 1)
    private static let machine = ID<InstanceKind>(bits: 0, 2)
    private static let other = ID<InstanceKind>(bits: 0, 3)
    private static let sleeper = ID<InstanceKind>(bits: 0, 4)
    private static let disk = ID<DiskKind>(bits: 0, 5)
    private static let image = ID<ImageKind>(bits: 0, 6)
    private static let kept = ID<CheckpointKind>(bits: 0, 7)
    private static let network = ID<NetworkKind>(bits: 0, 8)
    private static let mac = MACAddress(number: 0x02_00_00_00_00_01)
    private static let forward = FabricForward(
        transport: .tcp, publicPort: 20_000, target: IPv4Address(number: 0x0A07_0002), targetPort: 22)

    /// What a host has, each part to be changed.
    private struct There {
        var guests = [GuestSighting(instance: machine, power: .running, fence: Fence(1))]
        var consoles = [machine]
        var devices = ["lyc1"]
        var broken: [String] = []
        var networks = [network.text]
        var served: Set<String> = [network.text]
        var macs = [mac]
        var forwards = [forward]
        var filtered = ["lyc1"]
        var images = [image]
        var disks = [disk]
        var memories = [sleeper]
        var checkpoints = [kept]
        var seeds = [machine]
        var strangers: [String] = []

        var seen: Audit.Seen {
            Audit.Seen(
                guests: guests, consoles: consoles,
                fabric: FabricContents(
                    devices: devices, broken: broken, networks: networks, dhcpHosts: macs, forwards: forwards, filtered: filtered),
                store: StoreContents(
                    images: images, disks: disks, memories: memories, checkpoints: checkpoints, seeds: seeds, uploads: [],
                    strangers: strangers),
                served: served)
        }
    }

    private static let recorded: Audit.Expected = {
        var expected = Audit.Expected()
        (expected.guests, expected.alive, expected.claims, expected.seeds) = ([machine], [machine], [machine], [machine])
        (expected.memories, expected.checkpoints, expected.disks, expected.images) = ([sleeper], [kept], [disk], [image])
        (expected.devices, expected.macs, expected.forwards, expected.networks) = (["lyc1"], [mac], [forward], [network.text])
        expected.used = [network.text]
        return expected
    }()

    private func said(_ there: There, _ expected: Audit.Expected = recorded) -> [String] {
        Audit.compare(expected, there.seen, on: Self.host).map { $0.replacing("\(Self.host): ", with: "") }
    }

    @Test func whereTheyAgreeNothingIsSaid() { #expect(said(There()) == []) }

    @Test func whatIsMissingIsSaid() {
        let cases: [(String, (inout There) -> Void)] = [
            ("machine \(Self.machine) is missing", { $0.guests = [] }),
            ("machine \(Self.machine) is missing", { $0.guests = [.init(instance: Self.machine, power: .absent, fence: Fence(1))] }),
            (
                "machine \(Self.machine) is crashed, and by its record it is not",
                { $0.guests = [.init(instance: Self.machine, power: .crashed, fence: Fence(1))] }
            ),
            ("saved memory of \(Self.sleeper) is missing", { $0.memories = [] }),
            ("memory of \(Self.kept) is missing", { $0.checkpoints = [] }),
            ("seed of \(Self.machine) is missing", { $0.seeds = [] }), ("tap lyc1 is missing", { $0.devices = [] }),
            ("filter of lyc1 is missing", { $0.filtered = [] }), ("of tap lyc1 a part is missing", { $0.broken = ["lyc1"] }),
            ("network \(Self.network) is not served as it was told", { $0.served = [] }),
            ("DHCP entry of \(Self.mac) is missing", { $0.macs = [] }),
            ("forwarded port \(Self.forward) is missing", { $0.forwards = [] }), ("disk \(Self.disk) is missing", { $0.disks = [] }),
            ("image \(Self.image) is missing", { $0.images = [] }),
        ]
        for (sentence, change) in cases {
            var there = There()
            change(&there)
            #expect(said(there) == [sentence])
        }
    }

    /// A host that has booted keeps some of a network, and serves none of it until a machine is there.
    @Test func aNetworkWithoutAMachineNeedNotBeServed() {
        var (there, expected) = (There(), Self.recorded)
        (there.served, expected.used) = ([], [])
        #expect(said(there, expected) == [])
    }

    @Test func whatNoRecordKnowsIsSaid() {
        let (image, disk, kept) = (ID<ImageKind>(bits: 9, 9), ID<DiskKind>(bits: 9, 9), ID<CheckpointKind>(bits: 9, 9))
        let stray = FabricForward(transport: .udp, publicPort: 20_001, target: IPv4Address(number: 0x0A07_0009), targetPort: 53)
        let mac = MACAddress(number: 0x02_00_00_00_00_09)
        let cases: [(String, (inout There) -> Void)] = [
            ("machine \(Self.other)", { $0.guests.append(.init(instance: Self.other, power: .running, fence: Fence(1))) }),
            ("console of \(Self.other)", { $0.consoles.append(Self.other) }),
            ("saved memory of \(Self.other)", { $0.memories.append(Self.other) }),
            ("memory of \(kept)", { $0.checkpoints.append(kept) }), ("seed of \(Self.other)", { $0.seeds.append(Self.other) }),
            ("tap lyc9", { $0.devices.append("lyc9") }), ("filter of lyc9", { $0.filtered.append("lyc9") }),
            ("network net-9", { $0.networks.append("net-9") }), ("DHCP entry of \(mac)", { $0.macs.append(mac) }),
            ("forwarded port \(stray)", { $0.forwards.append(stray) }), ("disk \(disk)", { $0.disks.append(disk) }),
            ("image \(image)", { $0.images.append(image) }), ("file disks/half", { $0.strangers.append("disks/half") }),
        ]
        for (what, change) in cases {
            var there = There()
            change(&there)
            #expect(said(there) == ["\(what) belongs to no record"])
        }
    }

    @Test func claimsAreComparedWithTheRecordsThemselves() {
        var expected = Self.recorded
        expected.claims = [Self.other]
        #expect(
            Set(said(There(), expected)) == [
                "claim of \(Self.machine) is missing", "claim of \(Self.other) belongs to no record",
            ])
    }

    @Test func whatIsOnItsWayIsNeitherMissingNorSurplus() {
        var expected = Self.recorded
        (expected.moving.guests, expected.moving.checkpoints) = ([Self.machine, Self.other, Self.sleeper], [Self.kept])
        (expected.moving.devices, expected.moving.macs) = (["lyc1", "lyc9"], [Self.mac])
        (expected.moving.disks, expected.moving.targets) = ([Self.disk], [Self.forward.target])
        var there = There()
        (there.guests, there.disks, there.memories, there.checkpoints, there.seeds) = ([], [], [], [], [])
        (there.devices, there.filtered, there.macs, there.forwards, there.served) = ([], ["lyc9"], [], [], [])
        (there.broken, there.consoles, there.strangers) = (["lyc1"], [Self.other], ["memory/\(Self.sleeper).partial"])
        #expect(said(there, expected) == [])
    }
}
