// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

extension SimulatedHypervisor {
    /// As ``GuestPorts/attach(_:to:_:)``.
    public func attach(_ port: GuestPort, to instance: ID<InstanceKind>, _ command: Command) async throws {
        try await effect("port.attach", on: instance, command) { state, _ throws(CloudError) in
            let guest = try state.mustRun(instance, for: "attach-port").description
            guard !guest.ports.contains(where: { $0.mac == port.mac }) else { return }
            state.guests[instance]?.description = guest.with(ports: guest.ports + [port])
        }
    }

    /// As ``GuestPorts/detach(_:from:_:)``: one that obeys lets it go at once, any other never.
    public func detach(_ port: GuestPort, from instance: ID<InstanceKind>, _ command: Command) async throws {
        try await effect("port.detach", on: instance, command) { state, _ throws(CloudError) in
            try state.mustNotBeForeign(instance)
            guard let guest = state.guests[instance] else { throw CloudError(.notFound, ["object": instance.text]) }
            guard guest.obeys else { return }
            state.guests[instance]?.description = guest.description.with(ports: guest.description.ports.filter { $0.mac != port.mac })
        }
    }

    /// As ``GuestPorts/cards(of:)``.
    public func cards(of instance: ID<InstanceKind>) async throws -> [MACAddress] {
        try await read("port.list", instance.text) { state, _ in
            (state.guests[instance]?.description.ports.map(\.mac) ?? []).sorted()
        }
    }
}
