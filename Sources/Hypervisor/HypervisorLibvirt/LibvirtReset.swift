// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    import Hypervisor
    import LibvirtClient

    extension LibvirtHypervisor {
        /// Makes sure that the guest's processors stand still.
        public func pause(_ instance: ID<InstanceKind>, _ command: Command) async throws {
            try await effect("pause", on: instance, command, within: limits.effect) { _, found in
                let (domain, power) = try Self.there(found, instance)
                switch power {
                case .running: try domain.pause()
                case .paused: return
                case .off, .crashed, .absent: throw Self.unfit("pause", instance, power, allowed: "paused, running")
                }
            }
        }

        /// Makes sure that they go on.
        public func resume(_ instance: ID<InstanceKind>, _ command: Command) async throws {
            try await effect("resume", on: instance, command, within: limits.effect) { _, found in
                let (domain, power) = try Self.there(found, instance)
                switch power {
                case .running: return
                case .paused: try domain.resume()
                case .off, .crashed, .absent: throw Self.unfit("resume", instance, power, allowed: "paused, running")
                }
            }
        }

        /// Cuts the power and gives it again.
        public func reset(_ instance: ID<InstanceKind>, _ command: Command) async throws {
            try await listen()
            try await effect("reset", on: instance, command, within: limits.effect) { _, found in
                let (domain, power) = try Self.there(found, instance)
                guard power == .running else { throw Self.unfit("reset", instance, power, allowed: "running") }
                try domain.reset()
            }
        }

        /// Asks by the agent where it answers, else by the ACPI button.
        public func askToReboot(_ instance: ID<InstanceKind>, _ command: Command) async throws {
            try await listen()
            try await effect("ask to reboot", on: instance, command, .seconds, within: limits.effect) { _, found in
                let (domain, power) = try Self.there(found, instance)
                guard power == .running else { throw Self.unfit("reboot", instance, power, allowed: "running") }
                try domain.setAgentPatience(seconds: Self.agentPatience)
                try domain.askToReboot()
            }
        }

        /// A reset is told as an event only, so it is listened for before it is asked for.
        private func listen() async throws { try await ask("listen") { _ in } }

        /// The domain of an instance, and what it does; refused with `not-found` where there is none.
        static func there(_ found: Found, _ instance: ID<InstanceKind>) throws -> (LibvirtDomain, GuestSighting.Power) {
            switch found {
            case .foreign: throw foreign(instance)
            case .absent: throw CloudError(.notFound, ["object": instance.text])
            case .ours(let domain, _): (domain, try domain.power())
            }
        }

        static func unfit(_ verb: String, _ instance: ID<InstanceKind>, _ power: GuestSighting.Power, allowed: String) -> CloudError {
            CloudError(.stateForbids, ["verb": verb, "state": power.rawValue, "object": instance.text, "allowed": allowed])
        }
    }
#endif
