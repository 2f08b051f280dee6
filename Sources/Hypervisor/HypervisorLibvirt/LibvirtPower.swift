// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor
    import LibvirtClient

    extension LibvirtHypervisor {
        /// Makes sure that the guest runs: defined, started with its processors standing still, older memory spent, then let run. What
        /// cannot be started leaves no domain.
        public func start(_ guest: GuestDescription, _ command: Command) async throws {
            let xml = try description(of: guest, command)
            let seed = try guest.seed.map { try storage.path(of: $0) }
            let memories = try memories(of: guest)
            let instance = guest.instance
            try await effect("start", on: instance, command, .seconds, within: limits.effect) { session, found in
                switch found {
                case .foreign: throw Self.foreign(instance)
                case .ours(let domain, _) where try domain.power() == .running: return
                case .ours(let domain, _) where try domain.power() == .paused:
                    for memory in memories { try memory.spend() }
                    try domain.resume()
                case .ours, .absent:
                    if let seed, !DurableFiles.exists(seed) {
                        throw CloudError(.notFound, ["object": instance.text], detail: "its seed is not there")
                    }
                    let domain = try session.define(xml)
                    try Self.orUndefine(domain) {
                        try domain.create(paused: true)
                        for memory in memories { try memory.spend() }
                        try domain.resume()
                    }
                }
            }
        }

        /// Makes sure that there is no domain of ours, and what it wrote to its console is gone with it.
        public func off(_ instance: ID<InstanceKind>, _ command: Command) async throws {
            let (console, news) = (console(of: instance), news)
            try await effect("off", on: instance, command, within: limits.effect, clears: { _ in true }) { _, found in
                if case .ours(let domain, _) = found { try domain.remove() }
                if case .foreign = found { return }
                try console.removeLog()
                try news.forget(instance)
            }
        }

        /// Asks by the agent where it answers, else by the ACPI button.
        public func askToShutDown(_ instance: ID<InstanceKind>, _ command: Command) async throws {
            try await effect("ask to shut down", on: instance, command, .seconds, within: limits.effect) { _, found in
                switch found {
                case .foreign: throw Self.foreign(instance)
                case .absent: throw CloudError(.notFound, ["object": instance.text])
                case .ours(let domain, _):
                    guard try domain.power() == .running else { return }
                    try domain.setAgentPatience(seconds: Self.agentPatience)
                    try domain.askToShutDown()
                }
            }
        }

        /// The guest on this host, as libvirt wants it described.
        func description(of guest: GuestDescription, _ command: Command) throws(CloudError) -> String {
            var disks: [DomainDescription.DiskFiles] = []
            for disk in guest.disks { disks.append(try files(of: disk)) }
            let metadata = DomainMetadata(instance: guest.instance, command: command)
            var seed: String?
            if let volume = guest.seed { seed = try storage.path(of: volume) }
            return try DomainDescription(
                guest: guest, metadata: metadata, machine: machine, disks: disks, seed: seed, console: console(of: guest.instance)
            ).xml()
        }

        /// A disk on this host's paths.
        func files(of disk: GuestDisk) throws(CloudError) -> DomainDescription.DiskFiles {
            var files = DomainDescription.DiskFiles(path: try storage.path(of: disk))
            files.serial = disk.serial
            for layer in disk.layers { files.layers.append(try storage.path(of: GuestDisk(disk: layer, store: disk.store))) }
            if let image = disk.image { files.image = (try storage.path(of: image, in: disk.store), image.format) }
            return files
        }

        /// Where memory of the guest could lie: beside its disks.
        private func memories(of guest: GuestDescription) throws(CloudError) -> [MemoryFile] {
            var files: [MemoryFile] = []
            for store in Set(guest.disks.map(\.store)).sorted() {
                files.append(MemoryFile(path: try storage.path(of: MemoryImage(instance: guest.instance, store: store))))
            }
            return files
        }

        /// A domain that could not be brought to run is taken away again, so that a refusal leaves nothing half made.
        static func orUndefine(_ domain: LibvirtDomain, _ work: () throws -> Void) throws {
            do { try work() } catch {
                // Where the connection broke this throws too, and the outcome is unknown.
                try domain.remove()
                throw error
            }
        }
    }

    extension LibvirtDomain {
        /// What it does, in our words. A domain that libvirt found dead, or that failed, has crashed; off without a known reason is off
        /// (libvirtd forgets reasons when it restarts).
        func power() throws(LibvirtError) -> GuestSighting.Power { Self.power(by: try state()) }

        /// As ``power()``, and why its processors stand still, where they do. By one answer: the same number is one reason of a domain that
        /// stands still and another of one that has ended since.
        func look() throws(LibvirtError) -> (power: GuestSighting.Power, cause: PauseCause?) {
            let seen = try state()
            let power = Self.power(by: seen)
            guard power == .paused else { return (power, nil) }
            return switch seen.reason {
            case .pausedByUser: (power, .asked)
            case .pausedByDisk: (power, try diskCause())
            default: (power, .other)
            }
        }

        private static func power(by seen: (state: State, reason: Reason)) -> GuestSighting.Power {
            switch seen.state {
            case .running, .blocked, .shuttingDown: .running
            case .paused, .sleeping, .unknown: .paused
            case .crashed: .crashed
            case .off: [.offCrashed, .offFailed, .offDaemon].contains(seen.reason) ? .crashed : .off
            }
        }

        private func diskCause() throws(LibvirtError) -> PauseCause {
            do { return try diskTrouble() == .noSpace ? .diskFull : .diskError } catch  where error.code == .operationInvalid {
                // It has ended since: the next look says so.
                return .other
            }
        }

        /// Makes sure that it neither runs nor is defined. One that ends by itself meanwhile is no error.
        func remove() throws(LibvirtError) {
            do {
                if runNumber >= 0 { try destroy() }
            } catch  where error.code == .operationInvalid || error.code == .noDomain {}
            do { try undefine() } catch  where error.code == .noDomain {}
        }
    }
#endif
