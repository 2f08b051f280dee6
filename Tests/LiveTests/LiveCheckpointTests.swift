// SPDX-License-Identifier: Apache-2.0

#if Libvirt
    import CloudModel
    import CloudOperations
    import CloudTesting
    import Foundation
    import Glibc
    import Hypervisor
    import HypervisorLibvirt
    import ImageStore
    import ImageStoreFiles
    import Testing

    /// A real guest on a real store writes, is kept, writes something else, and comes back to what was: its disk alone, and its disk with
    /// its memory; and what lies on a layer that goes reads what it read.
    @Suite(.serialized, .enabled(if: LiveHost.isPrivate && LiveHost.tinyImage != nil, "needs Scripts/private-host and a tiny image"))
    struct LiveCheckpointTests {
        private static let storeID = ID<StoreKind>(bits: 0, 0)
        private static let image = ID<ImageKind>(bits: 1, 1)

        private struct Machine {
            let host: LibvirtHypervisor
            let store: DirectoryImageStore
            let place: LiveDirectory
            let bare: GuestDescription
            let size: ByteCount
            var agent: LiveAgentLine { LiveAgentLine(bare.instance, place) }

            func command(_ fence: Int64) -> Command {
                Command(run: SystemIDs().next(OperationKind.self), step: "live", fence: Fence(fence))
            }

            /// A disk on layers, the nearest first; none is the image.
            func disk(_ number: UInt64, on layers: [GuestDisk]) async throws -> GuestDisk {
                let disk = GuestDisk(
                    disk: ID(bits: 1, number), store: storeID, image: BackingImage(image, format: .qcow2), layers: layers.map(\.disk))
                try await store.ensure(description(disk), command(Int64(number)))
                return disk
            }
            func description(_ disk: GuestDisk) -> OverlayDescription {
                let base = disk.layers.first.map { DiskBase.layer($0) } ?? .image(id: image, format: .qcow2)
                return OverlayDescription(disk: disk.disk, base: base, virtualSize: size)
            }

            func boots() async throws {
                try await within(120, "the guest to boot") {
                    do { try await host.ping(bare.instance) } catch is CloudError { return false }
                    return true
                }
            }
            /// Whether a script of the guest's shell ends well.
            func does(_ script: String) async throws -> Bool {
                let process = try await agent.begin(script)
                var end: Int?
                try await within(60, script) {
                    end = try await agent.end(of: process)
                    return end != nil
                }
                return end == 0
            }
            func within(_ seconds: Int, _ what: String, _ holds: () async throws -> Bool) async throws {
                let clock = ContinuousClock()
                let end = clock.now + .seconds(seconds)
                while try await !holds() {
                    try #require(clock.now < end, "waited in vain for \(what)")
                    try await clock.sleep(for: .milliseconds(200))
                }
            }
        }

        private func machine() async throws -> Machine {
            let place = try LiveDirectory()
            let store = try place.store(ImageTool.installed())
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: #require(LiveHost.tinyImage))))
            _ = try await store.receive(ID(bits: 1, 1), limit: .mebibytes(256), MemoryBody(bytes))
            let request = PublishRequest(
                upload: ID(bits: 1, 1), image: Self.image, declared: .qcow2, expectedSHA256: nil, limit: .gibibytes(1))
            let facts = try await store.publish(request, Command(run: ID(bits: 1, 1), step: "publish", fence: Fence(1)))
            let paths = GuestPaths(
                disk: store.path(of:), image: store.imagePath(of:), memory: store.memoryPath(of:), checkpoint: store.memoryPath(of:),
                seed: store.seedPath(of:))
            let host = try LibvirtHypervisor(
                uri: "qemu:///system", host: "live", storage: paths, machine: LibvirtMachine(acceleration: .emulation),
                ledger: place.path("fences"), consoles: place.path("c"), clock: SystemWallClock())
            let bare = try GuestDescription(
                instance: SystemIDs().next(InstanceKind.self), title: DisplayName("kept"), cpus: CPUCount(1), memory: .mebibytes(128),
                disks: [], ports: [])
            return Machine(host: host, store: store, place: place, bare: bare, size: facts.virtualSize)
        }

        @Test func aGuestComesBackToWhatWas() async throws {
            let machine = try await machine()
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await story(of: machine)) } catch { outcome = .failure(error) }
            try await machine.host.off(machine.bare.instance, machine.command(100))
            machine.store.close()
            try outcome.get()
        }

        /// Memory that goes into a pipe which nobody empties is saved as long as one likes: as if it were large, and whoever asked gone.
        @Test func whatLibvirtIsStillAtWorkOnIsLeftAlone() async throws {
            let machine = try await machine()
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await work(on: machine)) } catch { outcome = .failure(error) }
            try await machine.host.off(machine.bare.instance, machine.command(100))
            machine.store.close()
            try outcome.get()
        }

        private func work(on machine: Machine) async throws {
            let (host, instance) = (machine.host, machine.bare.instance)
            let own = MemoryImage(instance: instance, store: Self.storeID)
            let partial = machine.store.memoryPath(of: instance) + ".partial"
            try await host.start(machine.bare.with(disks: [try await machine.disk(1, on: [])]), machine.command(1))
            try await machine.boots()
            try await machine.place.tool("mkfifo", partial)
            let reader = open(partial, O_RDONLY | O_NONBLOCK)
            try #require(reader >= 0)
            async let saving: Void = {
                do { _ = try await machine.place.tool("virsh", "-q", "save", instance.text, partial) } catch {
                    // The pipe breaks in the end, and the save with it.
                }
            }()
            try await machine.within(30, "libvirt to begin") { try await host.isAtWork(on: instance) }
            await #expect(throws: OutcomeUnknown.self) { try await host.suspend(instance, to: own, machine.command(2)) }
            await #expect(throws: OutcomeUnknown.self) { try await host.discard(own, machine.command(3)) }
            #expect(access(partial, F_OK) == 0, "what libvirt writes is still there")
            #expect(try await host.isAtWork(on: instance))
            #expect(try await host.observe(own) == .absent)
            close(reader)
            await saving
            try await machine.within(30, "libvirt to end") { try await !host.isAtWork(on: instance) }
            #expect(try await host.observe(instance).power == .running, "a save that failed leaves the guest running")
            try await host.suspend(instance, to: own, machine.command(4))
            #expect(try await host.observe(own) == .present(own))
            try await host.discard(own, machine.command(5))
        }

        private func story(of machine: Machine) async throws {
            let (host, store, instance) = (machine.host, machine.store, machine.bare.instance)
            func guest(_ disk: GuestDisk) -> GuestDescription { machine.bare.with(disks: [disk]) }
            let own = MemoryImage(instance: instance, store: Self.storeID)
            let kept = MemoryImage(instance: instance, store: Self.storeID, checkpoint: ID(bits: 1, 1))
            let first = try await machine.disk(1, on: [])
            try await host.start(guest(first), machine.command(1))
            try await machine.boots()
            #expect(try await machine.does("echo one >/kept && sync"))

            // The disk alone, of a guest that runs; then its disk and its memory.
            let second = try await machine.disk(2, on: [first])
            try await host.turn(instance, to: second, keeping: nil, machine.command(2))
            #expect(try await machine.does("grep -q one /kept && echo two >/kept && echo two >/run/kept && sync"))
            let third = try await machine.disk(3, on: [second, first])
            try await host.turn(instance, to: third, keeping: kept, machine.command(3))
            #expect(try await machine.does("grep -q two /kept && echo three >/kept && echo three >/run/kept && sync"))
            #expect(try await store.inventory().checkpoints == [ID(bits: 1, 1)])

            // Back to the disk of the first, from running.
            try await host.off(instance, machine.command(4))
            let fourth = try await machine.disk(4, on: [first])
            try await host.start(guest(fourth), machine.command(4))
            try await machine.boots()
            #expect(try await machine.does("grep -q one /kept && ! grep -q t /kept && test ! -e /run/kept"))

            // Back to the second with its memory, twice.
            for number in [5, 6] as [UInt64] {
                try await host.recall(kept, machine.command(Int64(number)))
                try await host.off(instance, machine.command(Int64(number)))
                let disk = try await machine.disk(number, on: [second, first])
                try await host.wake(guest(disk), from: own, machine.command(Int64(number)))
                try await machine.boots()
                #expect(try await machine.does("grep -q two /run/kept && grep -q two /kept && echo five >/kept && sync"))
                try await host.discard(own, machine.command(Int64(number)))
            }

            // The second's layer goes: what lies on it, a layer of nobody and a disk, reads what it read.
            try await host.off(instance, machine.command(7))
            let (last, path) = (try await machine.disk(6, on: [second, first]), machine.store.path(of: ID<DiskKind>(bits: 1, 6)))
            let shown = machine.place.path("shown.raw")
            try await machine.place.tool("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path, shown)
            for disk in [third, fourth] { try await store.remove(disk.disk, machine.command(8)) }
            try await store.remove(ID<DiskKind>(bits: 1, 5), machine.command(8))
            let moved = GuestDisk(disk: last.disk, store: Self.storeID, image: last.image, layers: [first.disk])
            try await store.rebase(machine.description(moved), machine.command(8))
            try await store.remove(second.disk, machine.command(8))
            try await machine.place.tool("qemu-img", "compare", "-f", "qcow2", "-F", "raw", path, shown)
            try await machine.place.tool("qemu-img", "check", "-q", "-f", "qcow2", path)
            try await host.start(guest(moved), machine.command(9))
            try await machine.boots()
            #expect(try await machine.does("grep -q five /kept"))
            try await host.discard(kept, machine.command(9))
            #expect(try await store.inventory().checkpoints == [])
        }
    }
#endif
