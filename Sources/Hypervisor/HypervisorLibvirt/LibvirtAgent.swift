// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    import Hypervisor
    import LibvirtClient

    extension LibvirtHypervisor {
        /// How many seconds libvirt waits for an agent's first sign of life, and then for its answer: together less than the 10 s of the
        /// ability.
        static let agentPatience = 2
        private static let agentAnswer = 5

        /// Whether the agent answers.
        public func ping(_ instance: ID<InstanceKind>) async throws {
            try await talk(to: instance) { try AgentWords.done(Self.ask($0, AgentWords.ping)) }
        }

        /// The addresses that the guest says it has.
        public func addresses(_ instance: ID<InstanceKind>) async throws -> [String] {
            guard !news.hasNoAgent(instance) else {
                throw CloudError(.agentSilent, ["instance": instance.text], detail: "its channel is not open")
            }
            return try await talk(to: instance) { try AgentWords.addresses(Self.ask($0, AgentWords.interfaces)) }
        }

        /// Sets the guest's clock to this host's.
        public func setClock(_ instance: ID<InstanceKind>) async throws {
            let clock = clock
            try await talk(to: instance) { domain in
                try domain.setAgentPatience(seconds: Self.agentPatience)
                let now = clock.now().milliseconds
                try domain.setTime(seconds: now / 1000, nanoseconds: UInt32(max(0, now % 1000)) * 1_000_000)
            }
        }

        static func ask(_ domain: LibvirtDomain, _ command: String) throws -> String {
            try domain.setAgentPatience(seconds: agentPatience)
            return try domain.askAgent(command, within: agentAnswer, limit: AgentWords.longestAnswer)
        }
    }
#endif
