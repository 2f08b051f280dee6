// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor
    import LibvirtClient

    extension LibvirtHypervisor {
        /// Makes exactly these keys log in as the account.
        public func authorize(
            _ keys: [String], for account: String, in instance: ID<InstanceKind>, _ command: Command
        ) async throws {
            try await tell(instance, try AgentWords.authorize(keys, for: account), "authorize", command)
        }

        /// Makes a password log in as the account.
        public func setPassword(
            _ password: GuestPassword, for account: String, in instance: ID<InstanceKind>, _ command: Command
        ) async throws {
            try await tell(instance, try AgentWords.setPassword(password, for: account), "set the password", command)
        }

        /// Tells the agent to change something. The command is judged by the ledger where all commands of the instance are, and then
        /// said where a hung agent holds up nobody but agents.
        func tell(_ instance: ID<InstanceKind>, _ words: String, _ call: String, _ command: Command) async throws {
            let ledger = ledger
            guard try await judge(call, on: instance, command, { try ledger.admit(command, on: instance, found: $0) }) else { return }
            do {
                try await agent(of: instance) { session in
                    guard case .ours(let domain, _) = try Self.find(instance, in: session) else {
                        throw CloudError(.notFound, ["object": instance.text])
                    }
                    // Another may have been judged while this one waited for its turn, and what it said must stay the last word.
                    try ledger.requireNewest(command, on: instance)
                    try AgentWords.done(Self.ask(domain, AgentWords.ping))
                    try Self.say(words, to: domain, call, instance)
                }
            } catch let failure as LibvirtFailure where failure.mayBeDone {
                throw OutcomeUnknown("\(call) \(instance): \(failure)")
            } catch { throw border.agent(instance, error) }
            _ = try await judge(call, on: instance, command) { _ in
                try ledger.done(command, on: instance)
                return true
            }
        }

        /// From the word on it may have been done, unless the agent itself says that it was not.
        private static func say(_ words: String, to domain: LibvirtDomain, _ call: String, _ instance: ID<InstanceKind>) throws {
            do { try AgentWords.done(ask(domain, words)) } catch let error as LibvirtError where error.isAgentsRefusal {
                throw CloudError(.agentRefused, ["instance": instance.text], detail: "\(call): \(error)")
            } catch { throw OutcomeUnknown("\(call) \(instance): the agent was told, and gave no answer that is one: \(error)") }
        }
    }

    extension LibvirtFailure {
        /// Whether what was under way may have been carried out.
        fileprivate var mayBeDone: Bool {
            switch self {
            case .lost, .silent: true
            case .notReached: false
            }
        }
    }

    extension LibvirtError {
        /// Whether the agent answered that it failed, or that it does not know the command. libvirt has one number for this and for its
        /// own faults, and tells them apart by the text only.
        fileprivate var isAgentsRefusal: Bool {
            code == .operationUnsupported || code == .internalError && message.contains("unable to execute QEMU agent command")
        }
    }
#endif
