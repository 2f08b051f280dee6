// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import CloudOperations
    import CloudSimulation
    import DaemonKit
    import Hypervisor
    import HypervisorLibvirt
    import ImageStoreFiles
    import Logging
    import NetFabricLinux
    import ServiceLifecycle

    /// The host on which the manager runs: real, or simulated in a file.
    struct LocalHost {
        let parts: HostParts
        var services: [any Service] = []
        /// Held while the manager lives; nil where nothing of this machine is used.
        var lock: FolderLock?

        static func simulated(_ configuration: Configuration, _ folder: StateFolder) throws -> LocalHost {
            let (clock, boot) = (SystemWallClock(), Duration.seconds(configuration.number("simulation.boot")))
            let host = try SimulatedHost.kept(in: folder.file("host.json"), clock: clock, bootTime: boot)
            let consoles = try SimulatedConsoles(of: host, in: folder.file("consoles"))
            return LocalHost(
                parts: host.parts, services: [Lifecycle.Part { try await consoles.serve(wall: clock, clock: ContinuousClock()) }])
        }

        static func real(_ configuration: Configuration, _ setup: SiteSetup, _ folder: StateFolder, _ log: Logger) async throws -> Self {
            #if Libvirt
                let runtime = configuration.text("state.runtime")
                try PrivateFiles.ensureFolder(runtime, mode: 0o755)
                // Another manager of this host, with a state folder of its own, would take each network away that this one serves.
                let lock = try FolderLock(runtime)
                try PrivateFiles.ensureFolder(folder.file("store"), mode: 0o711)
                try folder.open(toGroup: configuration.text("host.group"))
                let disks = try DirectoryImageStore(id: setup.host.store, root: folder.file("store"), tool: .installed())
                var fabric = LinuxFabric.Settings(state: folder.file("net"), runtime: runtime + "/net")
                fabric.upstream = configuration.list("network.upstream").compactMap { IPv4Address($0) }
                let found = try await AccelerationProbe(memory: folder.file("acceleration")).decide(configuration.text("host.acceleration"))
                log.notice("\(found.sentence)")
                let guests = try LibvirtHypervisor(
                    uri: configuration.text("host.uri"), host: setup.host.id.text,
                    storage: GuestPaths(
                        disk: disks.path(of:), image: disks.imagePath(of:), memory: disks.memoryPath(of:),
                        checkpoint: disks.memoryPath(of:),
                        seed: disks.seedPath(of:)),
                    machine: LibvirtMachine(acceleration: found.acceleration), ledger: folder.file("fences"),
                    consoles: folder.file("consoles"), clock: SystemWallClock())
                return LocalHost(
                    parts: HostParts(guests: guests, fabric: try LinuxFabric(fabric), disks: disks, probe: NamespacePortProbe()),
                    lock: lock)
            #else
                throw CloudError(.unavailable, ["part": "hypervisor"], detail: "built without the trait Libvirt; use --simulate")
            #endif
        }
    }
#endif
