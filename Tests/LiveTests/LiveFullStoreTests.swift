// SPDX-License-Identifier: Apache-2.0

#if Libvirt
    import CloudModel
    import CloudOperations
    import Foundation
    import Hypervisor
    import HypervisorLibvirt
    import Testing

    /// A store that fills while a guest writes: the guest pauses, says why, and loses nothing.
    @Suite(.serialized, .enabled(if: LiveHost.isPrivate && LiveHost.tinyImage != nil, "needs Scripts/private-host and a tiny image"))
    struct LiveFullStoreTests {
        private struct Storage: GuestStorage {
            let root: String
            func path(of disk: GuestDisk) -> String { "\(root)/small/\(disk.disk)" }
            func path(of image: BackingImage, in store: ID<StoreKind>) -> String { LiveHost.tinyImage ?? "\(root)/\(image.id)" }
            func path(of memory: MemoryImage) -> String { "\(root)/memory-\(memory.checkpoint?.text ?? memory.instance.text)" }
            func path(of seed: SeedVolume) -> String { "\(root)/seed-\(seed.instance)" }
        }

        private func within(_ seconds: Int, _ what: String, _ holds: () async throws -> Bool) async throws {
            let clock = ContinuousClock()
            let end = clock.now + .seconds(seconds)
            while try await !holds() {
                try #require(clock.now < end, "waited in vain for \(what)")
                try await clock.sleep(for: .milliseconds(200))
            }
        }

        @Test func aGuestWhoseStoreIsFullPausesAndGoesOnWithAllItsData() async throws {
            let place = try LiveDirectory()
            try FileManager.default.createDirectory(atPath: place.path("small"), withIntermediateDirectories: true)
            try await place.tool("mount", "-t", "tmpfs", "-o", "size=8m", "small", place.path("small"))
            let host = try LibvirtHypervisor(
                uri: "qemu:///system", host: "live", storage: Storage(root: place.root), machine: LibvirtMachine(acceleration: .emulation),
                ledger: place.path("fences"), consoles: place.path("c"), clock: SystemWallClock())
            let ids = SystemIDs()
            let guest = try GuestDescription(
                instance: ids.next(InstanceKind.self), title: DisplayName("full"), cpus: CPUCount(1), memory: .mebibytes(128),
                disks: [
                    GuestDisk(
                        disk: ids.next(DiskKind.self), store: ID(bits: 1, 1), image: BackingImage(ids.next(ImageKind.self), format: .qcow2))
                ], ports: [])
            func command(_ fence: Int64) -> Command { Command(run: ids.next(OperationKind.self), step: "live", fence: Fence(fence)) }
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await fill(guest, host, place, command)) } catch { outcome = .failure(error) }
            try await host.off(guest.instance, command(100))
            try await place.tool("umount", place.path("small"))
            try outcome.get()
        }

        private func fill(
            _ guest: GuestDescription, _ host: LibvirtHypervisor, _ place: LiveDirectory, _ command: (Int64) -> Command
        ) async throws {
            let disk = Storage(root: place.root).path(of: guest.disks[0])
            try await place.tool("qemu-img", "create", "-q", "-f", "qcow2", "-b", #require(LiveHost.tinyImage), "-F", "qcow2", disk)
            try await host.start(guest, command(1))
            let agent = LiveAgentLine(guest.instance, place)
            try await within(120, "the guest to boot") {
                do { try await host.ping(guest.instance) } catch is CloudError { return false }
                return true
            }
            // Twelve megabytes that nobody can guess, kept in the guest's memory, and copied to its disk, which has room for fewer.
            let script =
                "head -c 12582912 /dev/urandom >/run/kept && cp /run/kept /copy && sync && echo 3 >/proc/sys/vm/drop_caches && cmp /run/kept /copy"
            let process = try await agent.begin(script)
            func power() async throws -> GuestSighting { try await host.observe(guest.instance) }
            try await within(120, "the guest to pause") { try await power().power == .paused }
            #expect(try await power().cause == .diskFull)
            let told = try await host.report().guests.first { $0.instance == guest.instance }
            #expect(told?.power == .paused && told?.cause == .diskFull)

            // No room yet: it goes on, tries again, and pauses again.
            try await host.resume(guest.instance, command(2))
            try await within(60, "the guest to pause again") { try await power().power == .paused }
            #expect(try await power().cause == .diskFull)

            try await place.tool("mount", "-o", "remount,size=64m", place.path("small"))
            try await host.resume(guest.instance, command(3))
            #expect(try await power().power == .running)
            // The agent tells an end once.
            var end: Int?
            try await within(120, "the copy to end") {
                end = try await agent.end(of: process)
                return end != nil
            }
            #expect(end == 0, "what was written is what is read")
            let last = try await power()
            #expect(last.power == .running && last.cause == nil)
            #expect(try await place.tool("qemu-img", "check", "-U", "-q", disk).isEmpty)
        }
    }

    /// Runs programs in a guest, by its agent, past the adapter.
    struct LiveAgentLine {
        private let instance: ID<InstanceKind>
        private let place: LiveDirectory

        init(_ instance: ID<InstanceKind>, _ place: LiveDirectory) { (self.instance, self.place) = (instance, place) }

        private func ask(_ command: [String: Any]) async throws -> [String: Any] {
            let text = String(decoding: try JSONSerialization.data(withJSONObject: command), as: UTF8.self)
            let answer = try await place.tool("virsh", "-q", "qemu-agent-command", "--timeout", "10", instance.text, text)
            let object = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
            return try #require(object?["return"] as? [String: Any])
        }

        /// Begins a script of the guest's shell; gives its process.
        func begin(_ script: String) async throws -> Int {
            let answer = try await ask(["execute": "guest-exec", "arguments": ["path": "/bin/sh", "arg": ["-c", script]]])
            return try #require(answer["pid"] as? Int)
        }

        /// The status with which it ended; nil while it runs.
        func end(of process: Int) async throws -> Int? {
            let answer = try await ask(["execute": "guest-exec-status", "arguments": ["pid": process]])
            guard answer["exited"] as? Bool == true else { return nil }
            return answer["exitcode"] as? Int ?? -1
        }
    }
#endif
