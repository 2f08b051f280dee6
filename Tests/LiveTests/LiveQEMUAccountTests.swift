// SPDX-License-Identifier: Apache-2.0

#if Libvirt
    import CloudModel
    import CloudOperations
    import CloudTesting
    import Foundation
    import Hypervisor
    import ImageStore
    import ImageStoreFiles
    import Testing

    @testable import HypervisorLibvirt

    /// QEMU under an account of its own, as Debian's libvirt runs it, on a disk of a store that lies as the daemon makes it. Elsewhere in
    /// these tests QEMU is root, to whom every folder is open.
    @Suite(.serialized, .enabled(if: LiveHost.isPrivate, "needs a private host"))
    struct LiveQEMUAccountTests {
        private static let account = "libvirt-qemu"
        private static let disk = ID<DiskKind>(bits: 1, 1)
        private static let image = ID<ImageKind>(bits: 1, 1)
        private static let instance = ID<InstanceKind>(bits: 1, 7)

        private func owner(_ path: String) throws -> (user: Int?, mode: Int?) {
            let facts = try FileManager.default.attributesOfItem(atPath: path)
            return (facts[.ownerAccountID] as? Int, facts[.posixPermissions] as? Int)
        }

        private func command(_ step: String, _ fence: Int64 = 1) -> Command {
            Command(run: ID(bits: 1, 1), step: step, fence: Fence(fence))
        }

        /// A store with an image and a disk on it.
        private func store(in place: LiveDirectory) async throws -> DirectoryImageStore {
            let store = try place.store(nil)
            _ = try await store.receive(ID(bits: 1, 1), limit: .mebibytes(1), MemoryBody(QCow2Sample().bytes))
            let request = PublishRequest(
                upload: ID(bits: 1, 1), image: Self.image, declared: .qcow2, expectedSHA256: nil, limit: .gibibytes(1))
            _ = try await store.publish(request, command("publish"))
            let overlay = OverlayDescription(disk: Self.disk, image: Self.image, imageFormat: .qcow2, virtualSize: .mebibytes(8))
            try await store.ensure(overlay, command("disk"))
            return store
        }

        /// A machine on the disk, with the image below it said or not.
        private func guest(saysImage: Bool) throws -> GuestDescription {
            let disk = GuestDisk(disk: Self.disk, store: ID(bits: 0, 0), image: saysImage ? BackingImage(Self.image, format: .qcow2) : nil)
            return GuestDescription(
                instance: Self.instance, title: try DisplayName("account"), cpus: CPUCount(1), memory: .mebibytes(32), disks: [disk],
                ports: [])
        }

        /// Our own description of the machine, under the account that Debian's libvirt would choose; the make-believe host's chooses root.
        private func description(of guest: GuestDescription, on store: DirectoryImageStore, in place: LiveDirectory) throws -> String {
            let disks = guest.disks.map { disk in
                DomainDescription.DiskFiles(
                    path: store.path(of: disk.disk), image: disk.image.map { (store.imagePath(of: $0.id), $0.format) })
            }
            let text = try DomainDescription(
                guest: guest, metadata: DomainMetadata(instance: guest.instance, command: command("power")),
                machine: LibvirtMachine(acceleration: .emulation), disks: disks,
                console: ConsoleFiles(folder: place.root, instance: guest.instance)
            ).xml()
            let label = "<label>\(Self.account):\(Self.account)</label>"
            return text.replacing("</domain>", with: "<seclabel type='static' model='dac' relabel='yes'>\(label)</seclabel></domain>")
        }

        // libvirt (9.0) gives the account not only the disk but the image below it too, if nobody says that it shall not.
        @Test(arguments: [true, false]) func itOpensItsDisk(saysImage: Bool) async throws {
            let account = try #require(getpwnam(Self.account), "Debian's libvirt makes this account").pointee
            let group = try #require(getgrnam(Self.account)).pointee
            let place = try LiveDirectory()
            let store = try await store(in: place)
            defer { store.close() }
            let imagePath = store.imagePath(of: Self.image)
            let text = try description(of: guest(saysImage: saysImage), on: store, in: place)
            try Data(text.utf8).write(to: URL(fileURLWithPath: place.path("xml")))

            // As the daemon makes them (LocalHost): the state's folder open to QEMU's group, the store's to whoever comes so far.
            #expect(chmod(place.path("store"), 0o711) == 0 && chmod(place.root, 0o700) == 0)
            await #expect(throws: (any Error).self, "the trial is sound: a closed folder is in its way") {
                try await place.tool("virsh", "-q", "create", place.path("xml"), "--paused", "--validate")
            }
            #expect(chown(place.root, 0, group.gr_gid) == 0 && chmod(place.root, 0o710) == 0)
            try await place.tool("virsh", "-q", "create", place.path("xml"), "--paused", "--validate")
            let number = try String(contentsOfFile: "/run/libvirt/qemu/\(Self.instance).pid", encoding: .utf8)
            let process = try FileManager.default.attributesOfItem(
                atPath: "/proc/\(number.trimmingCharacters(in: .whitespacesAndNewlines))")
            let running = (disk: try owner(store.path(of: Self.disk)), image: try owner(imagePath))
            try await place.tool("virsh", "-q", "destroy", Self.instance.text)
            #expect(process[.ownerAccountID] as? Int == Int(account.pw_uid), "QEMU runs under its account")
            #expect(running.disk == (Int(account.pw_uid), 0o600))
            #expect(running.image == (saysImage ? 0 : Int(account.pw_uid), 0o444))
            if saysImage { #expect(try owner(imagePath) == (0, 0o444)) }
            // Ours again: it can be removed, and made anew for the next one.
            #expect(try owner(store.path(of: Self.disk)) == (0, 0o600))
            try await store.remove(Self.disk, command("remove"))
        }

        // The same through the hypervisor. Here QEMU is root, so the image is somebody else's before: what libvirt takes becomes root's.
        @Test(arguments: [true, false]) func startAndOffLeaveTheImageItsOwner(saysImage: Bool) async throws {
            let place = try LiveDirectory()
            let store = try await store(in: place)
            defer { store.close() }
            let imagePath = store.imagePath(of: Self.image)
            #expect(chown(imagePath, 4711, 4711) == 0)
            let host = try LibvirtHypervisor(
                uri: "qemu:///system", host: "live",
                storage: GuestPaths(
                    disk: store.path(of:), image: store.imagePath(of:), memory: store.memoryPath(of:), checkpoint: store.memoryPath(of:),
                    seed: store.seedPath(of:)),
                machine: LibvirtMachine(acceleration: .emulation), ledger: place.path("fences"), consoles: place.path("consoles"),
                clock: SystemWallClock())
            try await host.start(guest(saysImage: saysImage), command("start"))
            let running = try owner(imagePath)
            try await host.off(Self.instance, command("off"))
            #expect(running == (saysImage ? 4711 : 0, 0o444), "the trial is sound where the image is not said")
            if saysImage { #expect(try owner(imagePath) == (4711, 0o444)) }
        }
    }
#endif
