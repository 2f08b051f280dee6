// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import CloudOperations
    import CloudSimulation
    import DaemonKit
    import Hypervisor
    import HypervisorLibvirt
    import ImageStoreFiles
    import NetFabricLinux
    import ServiceLifecycle

    /// The host on which the manager runs: real, or simulated in a file.
    struct LocalHost {
        let parts: HostParts
        let services: [any Service]

        init(_ configuration: Configuration, _ row: Host, folder: String) throws {
            if configuration.truth("simulate") {
                try self.init(simulated: configuration, folder)
            } else {
                try self.init(real: configuration, row, folder)
            }
        }

        private init(simulated configuration: Configuration, _ folder: String) throws {
            let clock = SystemWallClock()
            let host = try SimulatedHost.kept(
                in: folder + "/host.json", clock: clock, bootTime: .seconds(configuration.number("simulation.boot")))
            let consoles = try SimulatedConsoles(of: host, in: folder + "/consoles")
            parts = host.parts
            services = [Lifecycle.Part { try await consoles.serve(wall: clock, clock: ContinuousClock()) }]
        }

        private init(real configuration: Configuration, _ row: Host, _ folder: String) throws {
            #if Libvirt
                let store = folder + "/store"
                try PrivateFiles.ensureFolder(store, mode: 0o711)
                var fabric = LinuxFabric.Settings(state: folder + "/net", runtime: configuration.text("state.runtime") + "/net")
                fabric.upstream = configuration.list("network.upstream").compactMap { IPv4Address($0) }
                guard let acceleration = Acceleration(rawValue: configuration.text("host.acceleration")) else {
                    throw ConfigurationError(place: "host.acceleration", reason: "kvm or emulation")
                }
                let disks = try DirectoryImageStore(id: row.store, root: store, tool: .installed())
                let guests = try LibvirtHypervisor(
                    uri: configuration.text("host.uri"), host: row.id.text, storage: LocalFiles(store: disks),
                    machine: LibvirtMachine(acceleration: acceleration), ledger: folder + "/fences", consoles: folder + "/consoles",
                    clock: SystemWallClock())
                parts = HostParts(
                    guests: guests, fabric: try LinuxFabric(fabric),
                    disks: disks, probe: NamespacePortProbe())
                services = []
            #else
                throw CloudError(.unavailable, ["part": "hypervisor"], detail: "built without the trait Libvirt; use --simulate")
            #endif
        }
    }

    /// Where the directory store keeps what guests use.
    struct LocalFiles: GuestStorage {
        let store: DirectoryImageStore
        func path(of disk: GuestDisk) throws(CloudError) -> String { store.path(of: disk.disk) }
        func path(of memory: MemoryImage) throws(CloudError) -> String { store.memoryPath(of: memory.instance) }
    }
#endif
