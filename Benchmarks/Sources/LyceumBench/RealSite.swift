// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import Foundation
import HypervisorLibvirt
import ImageStoreFiles
import NetFabricLinux
import Synchronization

/// A site on this host's own libvirt, switch and files, all of whose calls of programs are written down.
struct RealSite {
    let site: BenchSite
    let disks: DirectoryImageStore
    let tools: RecordedTools
    let spans: Spans
    /// What dnsmasq reads.
    let names: String
    let network: ID<NetworkKind>

    init(folder: String, image: String) async throws {
        var setup = try SimulatedSite.setup()
        // Thirty guests that sleep: what is measured is not placement.
        setup.host.cpuRatio = 32
        let runtime = "/run/lyceum-bench-\(ProcessInfo.processInfo.processIdentifier)"
        let store = folder + "/store"
        try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
        disks = try DirectoryImageStore(id: setup.host.store, root: store, tool: .installed())
        tools = RecordedTools()
        spans = Spans()
        network = setup.network.id
        names = "\(runtime)/\(network)"
        let acceleration = ProcessInfo.processInfo.environment["LYCEUM_ACCELERATION"] == "kvm" ? Acceleration.kvm : .emulation
        let guests = try LibvirtHypervisor(
            uri: "qemu:///system", host: setup.host.id.text, storage: Files(store: disks),
            machine: LibvirtMachine(acceleration: acceleration),
            ledger: folder + "/fences", consoles: folder + "/consoles", clock: SystemWallClock())
        let fabric = try LinuxFabric(.init(state: folder + "/net", runtime: runtime), runner: tools)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: image)))
        site = try await BenchSite(
            folder: folder, setup: setup,
            parts: HostParts(guests: guests, fabric: fabric, disks: disks, probe: NamespacePortProbe()), image: (bytes, .qcow2),
            spans: spans)
    }

    private struct Files: GuestStorage {
        let store: DirectoryImageStore
        func path(of disk: GuestDisk) -> String { store.path(of: disk.disk) }
        func path(of image: BackingImage, in store: ID<StoreKind>) -> String { self.store.imagePath(of: image.id) }
        func path(of memory: MemoryImage) -> String {
            memory.checkpoint.map { store.memoryPath(of: $0) } ?? store.memoryPath(of: memory.instance)
        }
        func path(of seed: SeedVolume) -> String { store.seedPath(of: seed.instance) }
    }

    /// Destroys instances, all at once; gives the runs that did it.
    func destroy(_ instances: [ID<InstanceKind>]) async throws -> [String] {
        try await site.serving { cloud in
            var runs: [ID<OperationKind>] = []
            for id in instances { runs.append(try await cloud.submit(DestroyInstance(by: site.admin, instance: id)).operation) }
            for run in runs { try await site.end(of: run, in: cloud) }
            return runs.map(\.text)
        }
    }
}

/// Runs programs, and remembers on whose behalf what they did: what a bare script replays. What failed did nothing.
final class RecordedTools: ToolRunner {
    private let inner = SubprocessTools()
    private let calls = Mutex<[(lane: String, call: ToolCall)]>([])

    func run(_ call: ToolCall) async throws -> String {
        let (lane, said) = (Lane.current, try await inner.run(call))
        calls.withLock { $0.append((lane, call)) }
        return said
    }

    /// How many calls there were by now.
    var count: Int { calls.withLock(\.count) }

    /// The calls behind the first so many, whoever made them.
    func calls(after count: Int) -> [ToolCall] { calls.withLock { $0.dropFirst(count).map(\.call) } }

    /// The calls of a lane, in order.
    func calls(of lane: String) -> [ToolCall] { calls.withLock { $0.filter { $0.lane == lane }.map(\.call) } }
}
