// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor
    import LibvirtClient

    extension LibvirtHypervisor {
        /// As ``GuestPorts/attach(_:to:_:)``: with the card as a start describes it, and of the run only.
        public func attach(_ port: GuestPort, to instance: ID<InstanceKind>, _ command: Command) async throws {
            let xml = try DomainDescription.card(port).rendered()
            try await effect("attach port", on: instance, command, within: limits.effect) { _, found in
                let domain = try Self.running(instance, found, for: "attach-port")
                guard try !Self.cards(of: domain).contains(port.mac) else { return }
                try domain.attachDevice(xml)
            }
        }

        /// As ``GuestPorts/detach(_:from:_:)``: libvirt knows a card by its MAC address.
        public func detach(_ port: GuestPort, from instance: ID<InstanceKind>, _ command: Command) async throws {
            let xml = try DomainDescription.card(port).rendered()
            try await effect("detach port", on: instance, command, within: limits.effect) { _, found in
                switch found {
                case .foreign: throw Self.foreign(instance)
                case .absent: throw CloudError(.notFound, ["object": instance.text])
                case .ours(let domain, _):
                    guard try domain.power() == .running || domain.power() == .paused, try Self.cards(of: domain).contains(port.mac) else {
                        return
                    }
                    try domain.detachDevice(xml)
                }
            }
        }

        /// As ``GuestPorts/cards(of:)``: what libvirt says of the run.
        public func cards(of instance: ID<InstanceKind>) async throws -> [MACAddress] {
            do {
                return try await questions.run(within: limits.question) { session in
                    guard case .ours(let domain, _) = try Self.find(instance, in: session) else { return [] }
                    return try Self.cards(of: domain).sorted()
                }
            } catch { throw border.question("cards of \(instance)", error) }
        }

        private static func cards(of domain: LibvirtDomain) throws -> [MACAddress] {
            try XMLNode(parsing: domain.description())["devices"].flatMap { $0["interface"] }.compactMap { card in
                card["mac"].first?.attributes["address"].flatMap { MACAddress($0) }
            }
        }
    }
#endif
