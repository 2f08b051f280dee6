// SPDX-License-Identifier: Apache-2.0

#if Real
    import CloudCore
    import CloudSimulation
    import Foundation
    import HypervisorLibvirt
    import ImageStoreFiles
    import NetFabricLinux

    /// This machine: libvirt, Open vSwitch, a directory. Needs root; the image is a qcow2 file, for example the tiny guest of
    /// Examples/GuestImages.
    func realHost(image: String) throws -> (parts: HostParts, image: [UInt8], format: ImageFormat) {
        let folder = "/var/lib/lyceum-example"
        let store = try DirectoryImageStore(id: SimulatedSite.store, root: folder + "/store", tool: .installed())
        let guests = try LibvirtHypervisor(
            uri: "qemu:///system", host: "this host", storage: Storage(store: store), machine: LibvirtMachine(acceleration: .emulation),
            ledger: folder + "/fences", consoles: folder + "/consoles", clock: SystemWallClock())
        let fabric = try LinuxFabric(.init(state: folder + "/net", runtime: "/run/lyceum-example"))
        let parts = HostParts(guests: guests, fabric: fabric, disks: store, probe: NamespacePortProbe())
        return (parts, [UInt8](try Data(contentsOf: URL(fileURLWithPath: image))), .qcow2)
    }

    private struct Storage: GuestStorage {
        let store: DirectoryImageStore
        func path(of disk: GuestDisk) -> String { store.path(of: disk.disk) }
        func path(of memory: MemoryImage) -> String { store.memoryPath(of: memory.instance) }
    }
#endif
