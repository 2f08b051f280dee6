// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CLibvirt
    import Glibc

    /// An open connection, inside one call of ``LibvirtConnection/run(within:_:)``. All its methods block; all throw ``LibvirtError``.
    public final class LibvirtSession {
        let pointer: virConnectPtr
        private var listening: CInt?

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
            // It holds the connection, which would stay open.
            if let listening { virConnectDomainEventDeregisterAny(pointer, listening) }
            virConnectClose(pointer)
        }

        /// From now on, while the connection stands, tells the name of each domain that begins anew (a reset, or a reboot of the guest), on
        /// the thread of libvirt's events: nothing must be asked of libvirt there. A repeat is harmless, and changes nobody.
        public func listenForResets(_ heard: @escaping @Sendable (String) -> Void) throws(LibvirtError) {
            guard listening == nil else { return }
            let listener = Unmanaged.passRetained(ResetListener(heard)).toOpaque()
            let number = virConnectDomainEventRegisterAny(
                pointer, nil, CInt(VIR_DOMAIN_EVENT_ID_REBOOT.rawValue),
                { _, domain, listener in
                    guard let listener, let name = domain.flatMap(virDomainGetName) else { return }
                    Unmanaged<ResetListener>.fromOpaque(listener).takeUnretainedValue().heard(String(cString: name))
                }, listener, { listener in listener.map { Unmanaged<ResetListener>.fromOpaque($0).release() } })
            guard number >= 0 else {
                let error = LibvirtError.last()
                Unmanaged<ResetListener>.fromOpaque(listener).release()
                throw error
            }
            listening = number
        }

        /// Whether libvirt believes that the connection stands; asks nobody.
        var isAlive: Bool { virConnectIsAlive(pointer) == 1 }

        /// Whether the daemon answers: one round trip.
        var answers: Bool {
            var version: UInt = 0
            return isAlive && virConnectGetLibVersion(pointer, &version) == 0
        }

        /// The host's processors and memory.
        public func node() throws(LibvirtError) -> Node {
            var info = virNodeInfo()
            guard virNodeGetInfo(pointer, &info) == 0 else { throw .last() }
            return Node(cpus: Int(info.cpus), memoryKiB: UInt64(info.memory))
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

    /// Who is told of resets, for a C callback.
    private final class ResetListener: Sendable {
        let heard: @Sendable (String) -> Void
        init(_ heard: @escaping @Sendable (String) -> Void) { self.heard = heard }
    }
#endif
