// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Hypervisor

extension SimulatedHypervisor {
    /// Answers once the guest has booted.
    public func ping(_ instance: ID<InstanceKind>) async throws {
        try await talk("agent.ping", to: instance) { _, _ in }
    }

    /// What the network gave to the guest's cards, and their link-local addresses; sorted, at most 64.
    public func addresses(_ instance: ID<InstanceKind>) async throws -> [String] {
        let addressesOf = addressesOf
        return try await talk("agent.addresses", to: instance) { guest, _ in
            let all = guest.description.ports.flatMap { addressesOf($0.mac) + [IPv6Address(linkLocalOf: $0.mac).description] }
            return Array(Set(all).sorted().prefix(64))
        }
    }

    /// Sets the guest's clock to the host's.
    public func setClock(_ instance: ID<InstanceKind>) async throws {
        try await talk("agent.set-clock", to: instance) { guest, _ in guest.clockBehind = .zero }
    }

    /// Makes exactly these keys log in as the account. They go with the domain: the simulated disk does not hold them.
    public func authorize(_ keys: [String], for account: String, in instance: ID<InstanceKind>) async throws {
        try await talk("agent.authorize", to: instance) { guest, _ in guest.keys[account] = keys }
    }

    private func talk<Value: Sendable>(
        _ call: String,
        to instance: ID<InstanceKind>,
        _ body: @escaping @Sendable (inout SimulatedGuest, Timestamp) -> Value
    ) async throws -> Value {
        let bootTime = bootTime
        return try await read(call, instance.text) { state, now in
            guard var guest = state.guests[instance] else { throw CloudError(.notFound, ["object": instance.text]) }
            guard guest.power == .running, guest.agent == .answers, guest.running(at: now) >= bootTime else {
                throw CloudError(.agentSilent, ["instance": instance.text])
            }
            let value = body(&guest, now)
            state.guests[instance] = guest
            return value
        }
    }
}
