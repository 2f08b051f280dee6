// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import LibvirtClient
    import Synchronization

    /// What libvirt told of guests by itself: how often they began anew, and which of them have no agent.
    final class GuestNews: Sendable {
        let resets: ResetCounts
        private let agents = Mutex(Agents())

        private struct Agents {
            /// How many sessions have listened: what an earlier one hears late counts no more.
            var sessions = 0
            var isThere: [ID<InstanceKind>: Bool] = [:]
        }

        init(resets: ResetCounts) { self.resets = resets }

        /// Makes sure that a session listens, from now on. What an earlier one heard of agents may have changed since.
        func listen(on session: LibvirtSession) throws(LibvirtError) {
            guard !session.isListening else { return }
            let number = begin()
            try session.listen { [weak self] name, news in
                guard let self, let instance = ID<InstanceKind>(Substring(name)) else { return }
                switch news {
                case .beganAnew: resets.saw(instance)
                case .agent(let isThere): saw(agent: isThere, of: instance, in: number)
                }
            }
        }

        /// A session begins to listen; gives its number.
        func begin() -> Int {
            agents.withLock { agents in
                agents = Agents(sessions: agents.sessions + 1)
                return agents.sessions
            }
        }

        func saw(agent isThere: Bool, of instance: ID<InstanceKind>, in session: Int) {
            agents.withLock { agents in
                guard agents.sessions == session else { return }
                agents.isThere[instance] = isThere
            }
        }

        /// Whether libvirt told that the guest's agent has not opened its channel, or has closed it: asking it would be in vain. A launch asks
        /// several times a second until its guest has booted.
        func hasNoAgent(_ instance: ID<InstanceKind>) -> Bool { agents.withLock { $0.isThere[instance] == false } }

        /// The domain is gone, and what was told of it.
        func forget(_ instance: ID<InstanceKind>) throws(CloudError) {
            agents.withLock { $0.isThere[instance] = nil }
            try resets.forget(instance)
        }
    }
#endif
