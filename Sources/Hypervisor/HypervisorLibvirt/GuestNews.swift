// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import LibvirtClient
    import Synchronization

    /// What libvirt told of guests by itself: how often they began anew, and which of them have no agent.
    final class GuestNews: Sendable {
        let resets: ResetCounts
        private let agents = Mutex<[ID<InstanceKind>: Bool]>([:])

        init(resets: ResetCounts) { self.resets = resets }

        /// Makes sure that a session listens, from now on. What an earlier one heard of agents may have changed since.
        func listen(on session: LibvirtSession) throws(LibvirtError) {
            guard !session.isListening else { return }
            agents.withLock { $0 = [:] }
            try session.listen { [weak self] name, news in
                guard let self, let instance = ID<InstanceKind>(Substring(name)) else { return }
                switch news {
                case .beganAnew: resets.saw(instance)
                case .agent(let isThere): saw(agent: isThere, of: instance)
                }
            }
        }

        func saw(agent isThere: Bool, of instance: ID<InstanceKind>) { agents.withLock { $0[instance] = isThere } }

        /// Whether libvirt told that the guest's agent has not opened its channel, or has closed it: asking it would be in vain. A launch asks
        /// several times a second until its guest has booted.
        func hasNoAgent(_ instance: ID<InstanceKind>) -> Bool { agents.withLock { $0[instance] == false } }

        /// The domain is gone, and what was told of it.
        func forget(_ instance: ID<InstanceKind>) throws(CloudError) {
            agents.withLock { $0[instance] = nil }
            try resets.forget(instance)
        }
    }
#endif
