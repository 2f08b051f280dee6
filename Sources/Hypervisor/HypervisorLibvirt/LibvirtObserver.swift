// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor
    import LibvirtClient
    import Synchronization

    /// What a host told last: the number of its reports, and its changes. A process begins above all numbers that an earlier one of the
    /// same boot can have given, for it counts from the milliseconds since the boot, and nobody reports once a millisecond.
    struct LibvirtPicture: Sendable {
        var reports: Int64
        var changes: ChangeLog

        init(bootID: String, beginning: Int64) {
            reports = beginning
            changes = ChangeLog(era: "\(bootID).\(beginning)")
        }
    }

    extension LibvirtHypervisor {
        /// What libvirt says of one instance now.
        public func observe(_ instance: ID<InstanceKind>) async throws -> GuestSighting {
            let (ledger, resets) = (ledger, news.resets)
            return try await ask("observe \(instance)") { session in
                var fence = try ledger.fence(of: instance)
                guard case .ours(let domain, let metadata) = try Self.find(instance, in: session) else {
                    return GuestSighting(instance: instance, power: .absent, fence: fence)
                }
                fence = max(fence, metadata.fence)
                return try Self.sighting(of: domain, instance, fence, resets)
            }
        }

        /// As ``GuestObserver/isAtWork(on:)``: whether libvirt has a job on the domain.
        public func isAtWork(on instance: ID<InstanceKind>) async throws -> Bool {
            try await ask("work on \(instance)") { session in
                guard case .ours(let domain, _) = try Self.find(instance, in: session) else { return false }
                return try domain.isAtWork()
            }
        }

        /// Whether there is memory that could be woken: also what libvirt has saved whole for somebody who waits for it no more.
        public func observe(_ memory: MemoryImage) async throws -> Evidence<MemoryImage> {
            let file = MemoryFile(path: try storage.path(of: memory))
            return try await ask("observe memory of \(memory.instance)") { session in
                if file.isThere { return .present(memory) }
                guard memory.checkpoint == nil else { return .absent }
                return try Self.isSaved(try Self.find(memory.instance, in: session), in: file, session) ? .present(memory) : .absent
            }
        }

        /// Everything of ours on the host.
        public func report() async throws -> HostReport {
            let (ledger, resets) = (ledger, news.resets)
            let (node, shown) = try await ask("report") { session in (try session.node(), try Self.look(session, ledger, resets)) }
            let number = picture.withLock { picture in
                picture.reports += 1
                picture.changes.saw(shown)
                return picture.reports
            }
            return HostReport(
                number: number, bootID: bootID, cpus: CPUCount(node.cpus), memory: .kibibytes(Int64(clamping: node.memoryKiB)),
                guests: shown.map(\.sighting))
        }

        /// What changed. Found by comparing pictures, not by libvirt's events: events are lost while the connection is, so pictures have
        /// to be compared anyway, and one way to know is better than two that may disagree.
        public func changes(since cursor: ChangeCursor) async throws -> GuestChanges {
            let (ledger, resets) = (ledger, news.resets)
            let shown = try await ask("changes") { session in try Self.look(session, ledger, resets) }
            return picture.withLock { picture in
                picture.changes.saw(shown)
                return picture.changes.changes(since: cursor)
            }
        }

        /// A question. Whoever asks over a connection listens on it too.
        func ask<Value: Sendable>(_ call: String, _ body: @escaping @Sendable (LibvirtSession) throws -> Value) async throws -> Value {
            let news = news
            do {
                return try await questions.run(within: limits.question) { session in
                    try news.listen(on: session)
                    return try body(session)
                }
            } catch { throw border.question(call, error) }
        }

        private static func sighting(
            of domain: LibvirtDomain, _ instance: ID<InstanceKind>, _ fence: Fence, _ resets: ResetCounts
        ) throws -> GuestSighting {
            let (power, cause) = try domain.look()
            return GuestSighting(instance: instance, power: power, fence: fence, cause: cause, resets: resets.count(of: instance))
        }

        /// Our guests, in order. A domain that ends while it is looked at is not there.
        private static func look(_ session: LibvirtSession, _ ledger: FenceLedger, _ resets: ResetCounts) throws -> [ChangeLog.Shown] {
            var shown: [ChangeLog.Shown] = []
            for domain in try session.domains() {
                guard let instance = ID<InstanceKind>(Substring(domain.name)) else { continue }
                do {
                    guard let metadata = try metadata(of: domain, as: instance) else { continue }
                    let fence = ledger.fence(of: instance, found: metadata.fence)
                    shown.append(ChangeLog.Shown(try sighting(of: domain, instance, fence, resets), run: domain.runNumber))
                } catch let error as LibvirtError where error.code == .noDomain {
                    continue
                }
            }
            return shown.sorted { $0.sighting.instance < $1.sighting.instance }
        }
    }
#endif
