// SPDX-License-Identifier: Apache-2.0

#if Libvirt
    import CloudModel
    import CloudOperations
    import CloudTesting
    import Foundation
    import Hypervisor
    import HypervisorLibvirt
    import Testing

    /// Real machines by libvirt, held to the same contract as the simulated host: directly, and through JSON.
    @Suite(.serialized, .enabled(if: LiveHost.isPrivate && LiveHost.tinyImage != nil, "needs Scripts/private-host and a tiny image"))
    struct LiveHypervisorContractTests {
        @Test(arguments: HypervisorContract.Rule.allCases) func direct(_ rule: HypervisorContract.Rule) async throws {
            let fixture = try LibvirtFixture()
            try await HypervisorContract(of: fixture.host, with: fixture).check(rule)
        }

        @Test func throughJSON() async throws {
            let fixture = try LibvirtFixture()
            let contract = HypervisorContract(of: LoopbackHypervisor(fixture.host), with: fixture)
            for rule in [HypervisorContract.Rule.startTwice, .staleFence, .sleep] { try await contract.check(rule) }
        }

        /// What a host remembers of one guest's commands is that guest's alone: where it is spoilt, all are seen, and the one takes none.
        @Test func aLedgerThatCannotBeReadSilencesNoHost() async throws {
            let fixture = try LibvirtFixture()
            let guests = [try await fixture.guest(), try await fixture.guest()]
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await lookAtOneThatIsSpoilt(of: guests, fixture)) } catch { outcome = .failure(error) }
            for guest in guests { try await fixture.host.off(guest.instance, Command(run: fixture.run(), step: "off", fence: Fence(100))) }
            try outcome.get()
        }

        private func lookAtOneThatIsSpoilt(of guests: [GuestDescription], _ fixture: LibvirtFixture) async throws {
            func command(_ step: String) -> Command { Command(run: fixture.run(), step: step, fence: Fence(3)) }
            for guest in guests { try await fixture.host.start(guest, command("start")) }
            let mend = try fixture.spoilLedger(of: guests[0].instance)
            // As a process that begins: it knows what the files say.
            let next = try fixture.nextHost()
            let shown = try await next.report().guests.filter { guest in guests.contains { $0.instance == guest.instance } }
            #expect(shown.count == 2 && shown.allSatisfy { $0.power == .running && $0.fence == Fence(3) }, "\(shown)")
            let refusal = await #expect(throws: CloudError.self) { try await next.off(guests[0].instance, command("early")) }
            #expect(refusal?.code == .internalFault)
            try mend()
        }
    }

    /// Tiny guests without a network, on overlays of the tiny image.
    final class LibvirtFixture: HypervisorFixture {
        let host: LibvirtHypervisor
        let store = ID<StoreKind>(bits: 1, 1)
        let hasAgent = true
        let obeys = true
        private let files: LiveDirectory

        private struct Storage: GuestStorage {
            let root: String
            func path(of disk: GuestDisk) -> String { "\(root)/\(disk.disk)" }
            func path(of image: BackingImage, in store: ID<StoreKind>) -> String { LiveHost.tinyImage ?? "\(root)/\(image.id)" }
            func path(of memory: MemoryImage) -> String { "\(root)/memory-\(memory.checkpoint?.text ?? memory.instance.text)" }
            func path(of seed: SeedVolume) -> String { "\(root)/seed-\(seed.instance)" }
        }

        init() throws {
            files = try LiveDirectory()
            host = try Self.host(of: files)
        }

        private static func host(of files: LiveDirectory) throws -> LibvirtHypervisor {
            try LibvirtHypervisor(
                uri: "qemu:///system", host: "live", storage: Storage(root: files.root), machine: LibvirtMachine(acceleration: .emulation),
                ledger: files.path("fences"), consoles: files.path("consoles"), clock: SystemWallClock())
        }

        /// The same as a process that begins sees it: by its files.
        func nextHost() throws -> LibvirtHypervisor { try Self.host(of: files) }

        /// Spoils what the host remembers of an instance's commands; gives what mends it.
        func spoilLedger(of instance: ID<InstanceKind>) throws -> () throws -> Void {
            let file = URL(fileURLWithPath: files.path("fences/\(instance).json"))
            let whole = try Data(contentsOf: file)
            try Data("{".utf8).write(to: file)
            return { try whole.write(to: file) }
        }

        func guest() async throws -> GuestDescription {
            let ids = SystemIDs()
            let disk = GuestDisk(
                disk: ids.next(DiskKind.self), store: store, image: BackingImage(ids.next(ImageKind.self), format: .qcow2))
            let image = try #require(LiveHost.tinyImage)
            try await files.tool("qemu-img", "create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", files.path(disk.disk.text))
            return try GuestDescription(
                instance: ids.next(InstanceKind.self), title: DisplayName("</name><devices> 🦉"), cpus: CPUCount(1), memory: .mebibytes(128),
                disks: [disk], ports: [])
        }

        func dataDisk() async throws -> GuestDisk {
            let disk = GuestDisk(disk: SystemIDs().next(DiskKind.self), store: store)
            try await files.tool("qemu-img", "create", "-q", "-f", "qcow2", files.path(disk.disk.text), "1M")
            return disk
        }

        func port() async throws -> GuestPort {
            let port = SystemIDs().next(PortKind.self)
            let device = "live-\(port.body.prefix(8))"
            try await files.tool("ip", "tuntap", "add", "dev", device, "mode", "tap")
            try await files.tool("ip", "link", "set", device, "up")
            return GuestPort(port: port, mac: MACAddress(of: port), device: device)
        }

        func disk(on guest: GuestDescription) async throws -> GuestDisk {
            let below = guest.disks[0]
            let disk = GuestDisk(
                disk: SystemIDs().next(DiskKind.self), store: store, image: below.image, layers: [below.disk] + below.layers)
            let image = try await files.tool("qemu-img", "info", "-U", "--output=json", try #require(LiveHost.tinyImage))
            let size = try String(#require(image.firstMatch(of: #/"virtual-size": (\d+)/#)).1)
            try await files.tool(
                "qemu-img", "create", "-q", "-u", "-f", "qcow2", "-b", below.disk.text, "-F", "qcow2", files.path(disk.disk.text), size)
            return disk
        }

        func run() -> ID<OperationKind> { SystemIDs().next(OperationKind.self) }
        func pass() async throws { try await ContinuousClock().sleep(for: .milliseconds(200)) }

        func counter(of guest: GuestDescription) async throws -> Int64? {
            let console = URL(fileURLWithPath: host.consolePath(of: guest.instance))
            guard FileManager.default.fileExists(atPath: console.path) else { return nil }
            let text = String(decoding: try Data(contentsOf: console), as: UTF8.self)
            return text.matches(of: #/counter (\d+)/#).last.flatMap { Int64($0.1) }
        }

        func crash(_ guest: GuestDescription) async throws {
            let file = "/run/libvirt/qemu/\(guest.instance).pid"
            let text = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            kill(try #require(pid_t(text)), SIGKILL)
        }

        func addStranger(named instance: ID<InstanceKind>) async throws {
            let xml = "<domain type='qemu'><name>\(instance)</name><memory unit='MiB'>16</memory><os><type>hvm</type></os></domain>"
            try xml.write(toFile: files.path("stranger.xml"), atomically: true, encoding: .utf8)
            try await files.tool("virsh", "-q", "define", files.path("stranger.xml"))
        }

        func removeStranger(named instance: ID<InstanceKind>) async throws -> Bool {
            let xml = try await files.tool("virsh", "-q", "dumpxml", instance.text)
            try await files.tool("virsh", "-q", "undefine", instance.text)
            return xml.contains(">16384<") && !xml.contains("urn:lyceum")
        }
    }
#endif
