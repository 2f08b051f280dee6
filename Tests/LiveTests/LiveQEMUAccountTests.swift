// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Foundation
import ImageStore
import ImageStoreFiles
import Testing

/// QEMU under an account of its own, as Debian's libvirt runs it, on a disk of a store that lies as the daemon makes it. Elsewhere in
/// these tests QEMU is root, to whom every folder is open.
@Suite(.serialized, .enabled(if: LiveHost.isPrivate, "needs a private host"))
struct LiveQEMUAccountTests {
    private static let account = "libvirt-qemu"
    private static let disk = ID<DiskKind>(bits: 1, 1)
    private static let image = ID<ImageKind>(bits: 1, 1)
    private static let domain = "account-test"

    private func owner(_ path: String) throws -> (user: Int?, mode: Int?) {
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        return (facts[.ownerAccountID] as? Int, facts[.posixPermissions] as? Int)
    }

    /// A machine on the disk; with the image said to keep its owner, or left to libvirt.
    private func description(_ path: String, image: String?) -> String {
        let below = image.map { path in
            "<backingStore type='file'><format type='qcow2'/><source file='\(path)'><seclabel model='dac' relabel='no'/></source>"
                + "<backingStore/></backingStore>"
        }
        return """
            <domain type='qemu'><name>\(Self.domain)</name><memory unit='MiB'>32</memory>
            <os><type arch='x86_64'>hvm</type></os>
            <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='\(path)'/><target dev='vda' bus='virtio'/>
            \(below ?? "")</disk></devices>
            <seclabel type='static' model='dac' relabel='yes'><label>\(Self.account):\(Self.account)</label></seclabel></domain>
            """
    }

    // libvirt (9.0) gives the account not only the disk but the image below it too, if nobody says that it shall not.
    @Test(arguments: [true, false]) func itOpensItsDisk(imageKeepsItsOwner: Bool) async throws {
        let account = try #require(getpwnam(Self.account), "Debian's libvirt makes this account").pointee
        let group = try #require(getgrnam(Self.account)).pointee
        let place = try LiveDirectory()
        let store = try place.store(nil)
        defer { store.close() }
        _ = try await store.receive(ID(bits: 1, 1), limit: .mebibytes(1), MemoryBody(QCow2Sample().bytes))
        let request = PublishRequest(
            upload: ID(bits: 1, 1), image: Self.image, declared: .qcow2, expectedSHA256: nil, limit: .gibibytes(1))
        func command(_ step: String) -> Command { Command(run: ID(bits: 1, 1), step: step, fence: Fence(1)) }
        _ = try await store.publish(request, command("publish"))
        let overlay = OverlayDescription(disk: Self.disk, image: Self.image, imageFormat: .qcow2, virtualSize: .mebibytes(8))
        try await store.ensure(overlay, command("disk"))
        let imagePath = place.path("store/images/\(Self.image)")
        let text = description(store.path(of: Self.disk), image: imageKeepsItsOwner ? imagePath : nil)
        try Data(text.utf8).write(to: URL(fileURLWithPath: place.path("xml")))

        // As the daemon makes them (LocalHost): the state's folder open to QEMU's group, the store's to whoever comes so far.
        #expect(chmod(place.path("store"), 0o711) == 0 && chmod(place.root, 0o700) == 0)
        await #expect(throws: (any Error).self, "the trial is sound: a closed folder is in its way") {
            try await place.tool("virsh", "-q", "create", place.path("xml"), "--paused")
        }
        #expect(chown(place.root, 0, group.gr_gid) == 0 && chmod(place.root, 0o710) == 0)
        try await place.tool("virsh", "-q", "create", place.path("xml"), "--paused")
        let number = try String(contentsOfFile: "/run/libvirt/qemu/\(Self.domain).pid", encoding: .utf8)
        let process = try FileManager.default.attributesOfItem(atPath: "/proc/\(number.trimmingCharacters(in: .whitespacesAndNewlines))")
        let running = (disk: try owner(store.path(of: Self.disk)), image: try owner(imagePath))
        try await place.tool("virsh", "-q", "destroy", Self.domain)
        #expect(process[.ownerAccountID] as? Int == Int(account.pw_uid), "QEMU runs under its account")
        #expect(running.disk == (Int(account.pw_uid), 0o600))
        #expect(running.image == (imageKeepsItsOwner ? 0 : Int(account.pw_uid), 0o444))
        // Ours again: it can be removed, and made anew for the next one.
        #expect(try owner(store.path(of: Self.disk)) == (0, 0o600))
        try await store.remove(Self.disk, command("remove"))
    }
}
