// SPDX-License-Identifier: Apache-2.0
#if Real
    import CloudCore
    import CloudSimulation
    import Foundation
    import HypervisorLibvirt
    import ImageStoreFiles
    import NetFabricLinux

    /// This machine: libvirt, Open vSwitch, a directory; with the bytes of a qcow2 image, say of Examples/GuestImages/tiny.
    func realHost(image: String) async throws -> (HostParts, [UInt8], ImageFormat) {
        let folder = FileManager.default.temporaryDirectory.path + "/lyceum-example"
        try FileManager.default.createDirectory(atPath: folder + "/store", withIntermediateDirectories: true)
        let disks = try DirectoryImageStore(id: SimulatedSite.store, root: folder + "/store", tool: .installed())
        let paths = GuestPaths(
            disk: disks.path(of:), image: disks.imagePath(of:), memory: disks.memoryPath(of:), checkpoint: disks.memoryPath(of:),
            seed: disks.seedPath(of:))
        let found = try await AccelerationProbe(memory: folder + "/acceleration").find()
        let guests = try LibvirtHypervisor(
            uri: "qemu:///system", host: "this host", storage: paths, machine: LibvirtMachine(acceleration: found.acceleration),
            ledger: folder + "/fences", consoles: folder + "/consoles", clock: SystemWallClock())
        let fabric = try LinuxFabric(.init(state: folder + "/net", runtime: "/run/lyceum-example"))
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: image)))
        return (HostParts(guests: guests, fabric: fabric, disks: disks, probe: NamespacePortProbe()), bytes, .qcow2)
    }
#endif
