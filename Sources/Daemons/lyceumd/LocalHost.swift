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

        init(_ configuration: Configuration, folder: String) throws {
            if configuration.truth("simulate") {
                try self.init(simulated: configuration, folder)
            } else {
                try self.init(real: configuration, folder)
            }
        }

        private init(simulated configuration: Configuration, _ folder: String) throws {
            let clock = SystemWallClock()
            let host = try SimulatedHost.kept(
                in: folder + "/host.json", clock: clock, bootTime: .seconds(configuration.number("simulation.boot")))
            let consoles = try SimulatedConsoles(of: host, in: folder + "/consoles")
            parts = host.parts
            services = [
                Lifecycle.Part {
                    while !Task.isCancelled {
                        try consoles.write(at: clock.now())
                        try await ContinuousClock().sleep(for: .seconds(1))
                    }
                }
            ]
        }

        private init(real configuration: Configuration, _ folder: String) throws {
            #if Libvirt
                let store = folder + "/store"
                try PrivateFiles.ensureFolder(store, mode: 0o711)
                var fabric = LinuxFabric.Settings(state: folder + "/net", runtime: configuration.text("state.runtime") + "/net")
                fabric.upstream = configuration.list("network.upstream").compactMap { IPv4Address($0) }
                guard let acceleration = Acceleration(rawValue: configuration.text("host.acceleration")) else {
                    throw ConfigurationError(place: "host.acceleration", reason: "kvm or emulation")
                }
                let disks = try DirectoryImageStore(id: SimulatedSite.setup().host.store, root: store, tool: .installed())
                let guests = try LibvirtHypervisor(
                    uri: configuration.text("host.uri"), host: Parts.hostID.text, storage: LocalFiles(store: disks),
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

    extension Parts {
        /// The host's id: the manager's word for the machine that it runs on.
        static let hostID = SimulatedSite.host

        /// What a site begins with.
        static func site(_ configuration: Configuration) throws -> SiteSetup {
            func refused(_ key: String) -> ConfigurationError { ConfigurationError(place: key, reason: "this is no value for it") }
            guard let ipv4 = IPv4Network(configuration.text("network.ipv4")) else { throw refused("network.ipv4") }
            let prefix = configuration.text("network.ipv6")
            guard prefix.isEmpty || IPv6Address(prefix) != nil else { throw refused("network.ipv6") }
            guard let first = UInt16(exactly: configuration.number("network.firstPort")),
                let last = UInt16(exactly: configuration.number("network.lastPort")), first <= last
            else { throw refused("network.firstPort") }
            var setup = try SimulatedSite.setup()
            setup.administrator = configuration.text("administrator")
            setup.host.reserve = .mebibytes(Int64(configuration.number("host.reserve")))
            setup.host.cpuRatio = configuration.number("host.cpuRatio")
            setup.network.ipv4 = ipv4
            setup.network.gateway = IPv4Address(number: ipv4.base.number + 1)
            setup.network.nextAddress = IPv4Address(number: ipv4.base.number + 2)
            setup.network.ipv6Prefix = IPv6Address(prefix)
            setup.network.vlan = configuration.number("network.vlan")
            setup.network.domain = configuration.text("network.domain")
            (setup.network.firstPublicPort, setup.network.lastPublicPort) = (first, last)
            return setup
        }
    }
#endif
