// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor
    import LibvirtClient

    extension LibvirtHypervisor {
        /// Makes sure that the memory is saved, whole and durable, and the domain is gone. Where it does not fit (`disk-full`) the guest
        /// runs on.
        public func suspend(_ instance: ID<InstanceKind>, to memory: MemoryImage, _ command: Command) async throws {
            let file = MemoryFile(path: try storage.path(of: memory))
            try await effect("suspend", on: instance, command, .minutes, within: limits.memory) { session, found in
                switch found {
                case .foreign: throw Self.foreign(instance)
                case .absent: if !file.isThere { throw CloudError(.notFound, ["object": instance.text]) }
                case .ours(let domain, _):
                    switch try domain.power() {
                    case .running, .paused: try Self.save(domain, to: file)
                    case .off, .crashed, .absent:
                        guard try file.isThere || Self.finishSave(found, to: file, in: session) else {
                            throw CloudError(
                                .stateForbids, ["verb": "suspend", "state": "off", "object": instance.text, "allowed": "running, paused"])
                        }
                    }
                    try domain.remove()
                }
            }
        }

        private static func save(_ domain: LibvirtDomain, to file: MemoryFile) throws {
            try mustBeIdle(domain)
            try DurableFiles.remove(file.partial)
            do { try domain.save(to: file.partial) } catch {
                // Asked first: where the connection broke the file may still be growing, and is left alone.
                if try domain.power() != .off, try !domain.isAtWork() { try DurableFiles.remove(file.partial) }
                throw error
            }
            try file.publish()
        }

        /// What a job of libvirt's writes is not touched before it has ended: the guest may have nothing else of its memory then. libvirt goes
        /// on with it when whoever asked is gone, and what came of it is seen afterwards.
        static func mustBeIdle(_ domain: LibvirtDomain) throws {
            guard try !domain.isAtWork() else { throw OutcomeUnknown("libvirt is still at work on \(domain.name)") }
        }

        /// A domain that is off has no memory, unless we were cut off between saving it and taking the domain away: no guest ran since,
        /// else the memory would be spent and the partial file gone.
        static func isSaved(_ found: Found, in file: MemoryFile, _ session: LibvirtSession) throws -> Bool {
            guard case .ours(let domain, _) = found, try domain.power() == .off, DurableFiles.exists(file.partial) else { return false }
            return isComplete(file.partial, in: session)
        }

        /// Makes what was saved for somebody who is gone the instance's memory; false where there is no such thing.
        private static func finishSave(_ found: Found, to file: MemoryFile, in session: LibvirtSession) throws -> Bool {
            guard try isSaved(found, in: file, session) else { return false }
            try file.publish()
            return true
        }

        /// libvirt marks a file as complete when all of it is written.
        private static func isComplete(_ path: String, in session: LibvirtSession) -> Bool {
            do throws(LibvirtError) { return try !session.savedDescription(at: path).isEmpty } catch { return false }
        }

        /// Makes sure that the guest runs on from its memory, on this host's paths and devices. QEMU announces its addresses by itself;
        /// its clock is behind until ``setClock(_:)``.
        public func wake(_ guest: GuestDescription, from memory: MemoryImage, _ command: Command) async throws {
            let xml = try description(of: guest, command)
            let file = MemoryFile(path: try storage.path(of: memory))
            let instance = guest.instance
            let boots = try guest.disks.first.map { try files(of: $0) }
            try await effect("wake", on: instance, command, .minutes, within: limits.memory) { session, found in
                switch found {
                case .foreign: throw Self.foreign(instance)
                case .ours(let domain, _) where try domain.power() == .running: return
                case .ours(let domain, _) where try domain.power() == .paused:
                    try file.spend()
                    try domain.resume()
                case .ours, .absent:
                    guard try file.isThere || Self.finishSave(found, to: file, in: session) else {
                        throw CloudError(.memoryGone, ["instance": instance.text])
                    }
                    // Defined first, else the restored domain would be gone without a trace when it ends.
                    let domain = try session.define(xml)
                    try Self.orUndefine(domain) { try Self.restore(file, as: xml, on: boots, in: session) }
                    // What fails from here on leaves the guest paused, and does not throw its memory away.
                    try file.spend()
                    try domain.resume()
                }
            }
        }

        /// A guest whose disks or cards changed while it ran has them at other places on its bus than a fresh start would give them. Its
        /// memory knows those places, and so does the description that was saved with it. The disk that it boots from lies elsewhere since,
        /// where the memory is a checkpoint's.
        private static func restore(
            _ file: MemoryFile, as xml: String, on boots: DomainDescription.DiskFiles?, in session: LibvirtSession
        ) throws {
            do { try session.restorePaused(from: file.path, as: xml) } catch {
                guard error.code == .configurationUnsupported else { throw error }
                let saved = try session.savedDescription(at: file.path)
                try session.restorePaused(from: file.path, as: try boots.map { try SavedDescription(saved).xml(bootingFrom: $0) })
            }
        }

        /// Makes sure that the memory is gone, with what was cut off of it; what libvirt still writes is waited for.
        public func discard(_ memory: MemoryImage, _ command: Command) async throws {
            let file = MemoryFile(path: try storage.path(of: memory))
            let isOwn = memory.checkpoint == nil
            let isAbsent: @Sendable (Found) -> Bool = { if case .ours = $0 { false } else { isOwn } }
            try await effect("discard", on: memory.instance, command, within: limits.effect, clears: isAbsent) { _, found in
                if case .ours(let domain, _) = found { try Self.mustBeIdle(domain) }
                try file.remove()
            }
        }
    }
#endif
