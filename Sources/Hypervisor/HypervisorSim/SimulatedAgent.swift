// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

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
    public func authorize(_ keys: [String], for account: String, in instance: ID<InstanceKind>, _ command: Command) async throws {
        try await tell("agent.authorize", instance, command) { $0.keys[account] = keys }
    }

    /// Makes a password log in as the account; kept as its hash, in the clear nowhere.
    public func setPassword(
        _ password: GuestPassword, for account: String, in instance: ID<InstanceKind>, _ command: Command
    ) async throws {
        try await tell("agent.set-password", instance, command) { $0.setPassword(password, for: account) }
    }

    /// Makes sure that this is what is read by who logs in; it goes with the domain.
    public func leave(_ note: GuestNote, in instance: ID<InstanceKind>, _ command: Command) async throws {
        try await tell("agent.leave-note", instance, command) { $0.note = note.text }
    }

    private func tell(
        _ call: String, _ instance: ID<InstanceKind>, _ command: Command, _ body: @escaping @Sendable (inout SimulatedGuest) -> Void
    ) async throws {
        let bootTime = bootTime
        do {
            try await effect(call, on: instance, command) { state, now throws(CloudError) in
                try state.mustNotBeForeign(instance)
                guard var guest = state.guests[instance] else { throw CloudError(.notFound, ["object": instance.text]) }
                guard guest.answers(at: now, booting: bootTime) else { throw CloudError(.agentSilent, ["instance": instance.text]) }
                switch guest.agent {
                case .refuses: throw CloudError(.agentRefused, ["instance": instance.text])
                case .mute: throw Self.mute
                case .lies: break
                case .answers, .hangs, .missing: body(&guest)
                }
                state.guests[instance] = guest
            }
        } catch let refusal as CloudError where refusal == Self.mute {
            // What it was told it does; the host does not know, and remembers nothing done.
            try change { state, _ in
                guard var guest = state.guests[instance] else { return }
                body(&guest)
                state.guests[instance] = guest
            }
            throw OutcomeUnknown("\(call) \(instance): the agent was told, and gave no answer")
        }
    }

    private static let mute = CloudError(.internalFault, ["part": "an agent that says nothing of what it did"])

    private func talk<Value: Sendable>(
        _ call: String,
        to instance: ID<InstanceKind>,
        _ body: @escaping @Sendable (inout SimulatedGuest, Timestamp) -> Value
    ) async throws -> Value {
        let bootTime = bootTime
        return try await read(call, instance.text) { state, now in
            guard var guest = state.guests[instance] else { throw CloudError(.notFound, ["object": instance.text]) }
            guard guest.answers(at: now, booting: bootTime) else {
                throw CloudError(.agentSilent, ["instance": instance.text])
            }
            let value = body(&guest, now)
            state.guests[instance] = guest
            return value
        }
    }
}
