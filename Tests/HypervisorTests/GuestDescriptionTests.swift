// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Hypervisor
import Testing

@Suite struct GuestDescriptionTests {
    /// A description stands in journals, and an older one says nothing of the image.
    @Test func aDiskOfAnOlderJournalIsRead() throws {
        let (disk, store) = (ID<DiskKind>(bits: 0, 1), ID<StoreKind>(bits: 0, 2))
        let older = try JSONDecoder().decode(GuestDisk.self, from: Data(#"{"disk":"\#(disk)","store":"\#(store)"}"#.utf8))
        #expect(older == GuestDisk(disk: disk, store: store))
        let newer = GuestDisk(disk: disk, store: store, image: BackingImage(ID(bits: 0, 3), format: .raw))
        #expect(try JSONDecoder().decode(GuestDisk.self, from: JSONEncoder().encode(newer)) == newer)
    }

    /// What changes one thing keeps the rest.
    @Test func otherDisksAndPortsAreAllThatIsOther() throws {
        let instance = ID<InstanceKind>(bits: 0, 1), store = ID<StoreKind>(bits: 0, 2)
        let port = GuestPort(port: ID(bits: 0, 4), mac: MACAddress(number: 5), device: "tap0")
        let guest = GuestDescription(
            instance: instance, title: try DisplayName("x"), cpus: CPUCount(1), memory: .mebibytes(64),
            disks: [GuestDisk(disk: ID(bits: 0, 3), store: store)], ports: [port], seed: SeedVolume(instance: instance, store: store),
            processor: CPUBaseline("other"))
        #expect(guest.with(disks: guest.disks) == guest && guest.with(ports: guest.ports) == guest)
        #expect(guest.with(disks: []).with(disks: guest.disks) == guest && guest.with(ports: []).with(ports: guest.ports) == guest)
    }
}
