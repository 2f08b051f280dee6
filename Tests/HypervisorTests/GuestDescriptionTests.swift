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
}
