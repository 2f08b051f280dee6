// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import CloudOperations
    import CloudSimulation
    import DaemonKit
    import ServiceLifecycle

    /// The host on which the manager runs: real, or simulated in a file.
    struct LocalHost {
        let parts: HostParts
        let services: [any Service]

        init(_ configuration: Configuration, folder: String) throws {
            guard configuration.truth("simulate") else {
                throw CloudError(.unavailable, ["part": "hypervisor"], detail: "this lyceumd was built without one; use --simulate")
            }
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
