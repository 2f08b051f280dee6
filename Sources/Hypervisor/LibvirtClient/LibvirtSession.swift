// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CLibvirt
    import Glibc

    /// An open connection, inside one call of ``LibvirtConnection/run(within:_:)``. All its methods block; all throw ``LibvirtError``.
    public final class LibvirtSession {
        let pointer: virConnectPtr
        private var listening: [CInt] = []

        /// What there is of a host.
        public struct Node: Hashable, Sendable {
            /// Active processors.
            public let cpus: Int
            /// Memory in KiB.
            public let memoryKiB: UInt64
        }

        /// libvirt prints errors to stderr unless it is told otherwise; ours are values.
        private static let silenced: Bool = {
            virSetErrorFunc(nil) { _, _ in }
            return LibvirtEvents.areOn && virInitialize() == 0
        }()

        /// Opens a connection.
        init(uri: String) throws(LibvirtError) {
            guard Self.silenced, let pointer = virConnectOpen(uri) else { throw .last() }
            self.pointer = pointer
        }

        deinit {
            // Who listens holds the connection, which would stay open.
            endListening()
            virConnectClose(pointer)
        }

        /// Whether somebody listens already (``listen(_:)``).
        public var isListening: Bool { !listening.isEmpty }

        /// From now on, while the connection stands, tells the name of each domain of which there is news, on the thread of libvirt's events:
        /// nothing must be asked of libvirt there. A repeat is harmless, and changes nobody.
        public func listen(_ heard: @escaping @Sendable (String, DomainNews) -> Void) throws(LibvirtError) {
            guard listening.isEmpty else { return }
            let listener = Listener(heard)
            do {
                try register(VIR_DOMAIN_EVENT_ID_REBOOT, listener) { _, domain, listener in Listener.tell(listener, domain, .beganAnew) }
                let ofAgents: virConnectDomainEventAgentLifecycleCallback = { _, domain, state, _, listener in
                    let isThere = state == VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED.rawValue
                    Listener.tell(listener, domain, .agent(isThere: isThere))
                }
                // libvirt has one type for the callbacks of all events, and calls each with its event's own arguments.
                try register(
                    VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, listener,
                    unsafeBitCast(ofAgents, to: virConnectDomainEventGenericCallback.self))
            } catch {
                endListening()
                throw error
            }
        }

        private func register(
            _ event: virDomainEventID, _ listener: Listener, _ callback: virConnectDomainEventGenericCallback
        ) throws(LibvirtError) {
            let held = Unmanaged.passRetained(listener).toOpaque()
            let number = virConnectDomainEventRegisterAny(
                pointer, nil, CInt(event.rawValue), callback, held,
                { held in held.map { Unmanaged<Listener>.fromOpaque($0).release() } })
            guard number >= 0 else {
                let error = LibvirtError.last()
                Unmanaged<Listener>.fromOpaque(held).release()
                throw error
            }
            listening.append(number)
        }

        private func endListening() {
            for number in listening { virConnectDomainEventDeregisterAny(pointer, number) }
            listening = []
        }

        /// Whether libvirt believes that the connection stands; asks nobody.
        var isAlive: Bool { virConnectIsAlive(pointer) == 1 }

        /// Whether the daemon answers: one round trip.
        var answers: Bool {
            var version: UInt = 0
            return isAlive && virConnectGetLibVersion(pointer, &version) == 0
        }

        /// The host's processors and memory.
        ///
        /// The memory is what the kernel says of the whole host: a virtual machine to which memory is added as it is used has less in its
        /// nodes for a while, and `virNodeGetInfo` adds up the nodes.
        public func node() throws(LibvirtError) -> Node {
            var info = virNodeInfo()
            guard virNodeGetInfo(pointer, &info) == 0 else { throw .last() }
            return Node(cpus: Int(info.cpus), memoryKiB: max(UInt64(info.memory), totalMemoryKiB() ?? 0))
        }

        /// Nil where the driver does not tell, or cannot now: the other figure is there.
        private func totalMemoryKiB() -> UInt64? {
            let all = CInt(VIR_NODE_MEMORY_STATS_ALL_CELLS.rawValue)
            var count: CInt = 0
            guard virNodeGetMemoryStats(pointer, all, nil, &count, 0) == 0 else { return nil }
            var figures = [virNodeMemoryStats](repeating: virNodeMemoryStats(), count: Int(count))
            guard virNodeGetMemoryStats(pointer, all, &figures, &count, 0) == 0 else { return nil }
            let total = figures.first { figure in
                withUnsafeBytes(of: figure.field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) } == VIR_NODE_MEMORY_STATS_TOTAL
            }
            return total?.value
        }

        /// The domain of that name; nil where there is none.
        public func domain(named name: String) throws(LibvirtError) -> LibvirtDomain? {
            try found(virDomainLookupByName(pointer, name))
        }

        /// The domain of that UUID, in its usual text; nil where there is none.
        public func domain(uuid: String) throws(LibvirtError) -> LibvirtDomain? {
            try found(virDomainLookupByUUIDString(pointer, uuid))
        }

        private func found(_ domain: virDomainPtr?) throws(LibvirtError) -> LibvirtDomain? {
            if let domain { return LibvirtDomain(domain, of: self) }
            let error = LibvirtError.last()
            guard error.code == .noDomain else { throw error }
            return nil
        }

        /// All domains, running or not, in no order.
        public func domains() throws(LibvirtError) -> [LibvirtDomain] {
            var list: UnsafeMutablePointer<virDomainPtr?>?
            let count = virConnectListAllDomains(pointer, &list, 0)
            guard count >= 0, let list else { throw .last() }
            defer { free(list) }
            return (0..<Int(count)).compactMap { index in list[index].map { LibvirtDomain($0, of: self) } }
        }

        /// Defines a domain, or gives a defined one of that name and UUID this description from its next start on.
        public func define(_ xml: String) throws(LibvirtError) -> LibvirtDomain {
            guard let domain = virDomainDefineXMLFlags(pointer, xml, UInt32(VIR_DOMAIN_DEFINE_VALIDATE.rawValue)) else { throw .last() }
            return LibvirtDomain(domain, of: self)
        }

        /// The description in a file of saved memory; throws for a file that is not complete.
        public func savedDescription(at path: String) throws(LibvirtError) -> String {
            guard let text = virDomainSaveImageGetXMLDesc(pointer, path, 0) else { throw .last() }
            defer { free(text) }
            return String(cString: text)
        }

        /// Restores a domain from saved memory, under this description or, for nil, the one that was saved with it, its processors standing
        /// still. Keeps the file.
        public func restorePaused(from path: String, as xml: String?) throws(LibvirtError) {
            guard virDomainRestoreFlags(pointer, path, xml, UInt32(VIR_DOMAIN_SAVE_PAUSED.rawValue)) == 0 else { throw .last() }
        }
    }

    /// What libvirt tells of a domain by itself, because no state tells of it, or only at a price.
    public enum DomainNews: Hashable, Sendable {
        /// A reset, or a reboot of the guest: the same domain, running as before.
        case beganAnew
        /// Whether an agent has its channel open from now on. Also told when a domain starts.
        case agent(isThere: Bool)
    }

    /// Who is told, for a C callback.
    private final class Listener: Sendable {
        let heard: @Sendable (String, DomainNews) -> Void
        init(_ heard: @escaping @Sendable (String, DomainNews) -> Void) { self.heard = heard }

        static func tell(_ listener: UnsafeMutableRawPointer?, _ domain: virDomainPtr?, _ news: DomainNews) {
            guard let listener, let name = domain.flatMap(virDomainGetName) else { return }
            Unmanaged<Listener>.fromOpaque(listener).takeUnretainedValue().heard(String(cString: name), news)
        }
    }
#endif
