// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor
    import LibvirtClient
    import Synchronization

    /// Machines by libvirt and QEMU on one host.
    ///
    /// A guest is a persistent domain that bears the instance's id as its name and our metadata. The domain is there from start to off;
    /// suspend takes it away too, so what libvirt knows is exactly what holds the host. A domain without our metadata is never touched.
    ///
    /// Effects share seven connections, at most four at work on memory and five on what is not brief; one instance's commands happen in
    /// order even when nobody waits for them any more. Questions and agents have connections of their own: a hung agent holds each call for seconds.
    public final class LibvirtHypervisor: HypervisorAbilities {
        /// How long callers wait for libvirt, their turn included.
        public struct Limits: Hashable, Sendable {
            /// Start, off, ask. Of thirty starts at once five are under way, and each takes 4 s and more where guests boot on two emulated
            /// processors: one that waited 30 s for its turn was refused, and its launch with it.
            public var effect: Duration = .seconds(120)
            /// Suspend and wake: as long as memory takes to be written.
            public var memory: Duration = .seconds(600)
            /// Observation: short, so that an absent host is known as such within 15 s.
            public var question: Duration = .seconds(8)
            /// All that an agent is asked (``Hypervisor/GuestAgent``).
            public var agent: Duration = .seconds(10)
            /// The limits as they stand here.
            public init() {}
        }

        let storage: any GuestStorage
        let machine: LibvirtMachine
        let clock: any WallClock
        let consoles: String
        let limits: Limits
        let seedTool: SeedTool
        let works = SeedWorks()
        let border: LibvirtBorder
        let ledger: FenceLedger
        let news: GuestNews
        let bootID: String
        let picture: Mutex<LibvirtPicture>
        private let effects: LibvirtConnections
        private let agents: LibvirtConnections
        let questions: LibvirtConnection
        /// A definition may take minutes where libvirt probes QEMU again and again.
        let examinations: LibvirtConnection
        let orphans = OrphanProbe()
        let places = HostPlaces()
        let lines = SerialLines()

        /// A host. Connections are opened when they are needed; makes `ledger` and `consoles` where they are not there.
        /// - Parameters:
        ///   - uri: which libvirt, for example `qemu:///system`.
        ///   - host: what refusals call the host.
        ///   - storage: where disks and memories are.
        ///   - machine: how processors run.
        ///   - ledger: a folder that outlives the process and holds nothing else: fences, finished commands and resets, a file per instance.
        ///   - consoles: a folder of at most 78 bytes for the guests' serial lines: what each wrote, and a socket to speak with it. Made
        ///     for the daemon's account alone; each file goes with its domain.
        ///   - clock: what guests' clocks are set by.
        ///   - limits: how long callers wait.
        ///   - seedTool: makes the volumes that guests read when they boot.
        /// - Throws: `internal-fault` where a folder cannot be made, `consoles` is too long, or the host has no boot id.
        public init(
            uri: String, host: String, storage: any GuestStorage, machine: LibvirtMachine, ledger: String, consoles: String,
            clock: any WallClock, limits: Limits = Limits(), seedTool: SeedTool = SeedTool()
        ) throws(CloudError) {
            self.storage = storage
            self.machine = machine
            self.clock = clock
            self.consoles = consoles
            self.limits = limits
            self.seedTool = seedTool
            self.border = LibvirtBorder(host: host)
            self.ledger = try FenceLedger(folder: ledger)
            self.news = GuestNews(resets: try ResetCounts(folder: ledger + "/resets"))
            try ConsoleFiles.check(consoles)
            try DurableFiles.makeFolder(consoles)
            self.bootID = try HostBoot.id()
            self.picture = Mutex(LibvirtPicture(bootID: bootID, beginning: HostBoot.age()))
            self.effects = LibvirtConnections(7, uri: uri, label: "libvirt effects")
            self.agents = LibvirtConnections(4, uri: uri, label: "libvirt agents")
            self.questions = LibvirtConnection(uri: uri, label: "libvirt questions")
            self.examinations = LibvirtConnection(uri: uri, label: "libvirt examinations")
        }

        /// Where all that the guest wrote to its serial port is kept. The file is there while its domain is.
        public func consolePath(of instance: ID<InstanceKind>) -> String { console(of: instance).log }

        func console(of instance: ID<InstanceKind>) -> ConsoleFiles { ConsoleFiles(folder: consoles, instance: instance) }
    }

    // MARK: How calls reach libvirt

    extension LibvirtHypervisor {
        /// A domain by an instance's name.
        enum Found {
            case absent
            case foreign
            case ours(LibvirtDomain, DomainMetadata)

            /// The fence in the metadata of a domain of ours.
            var fence: Fence? { if case .ours(_, let metadata) = self { metadata.fence } else { nil } }
        }

        /// A command: judged by the ledger, carried out once, in the instance's turn.
        /// - Parameter clears: whether nothing of the instance is here afterwards.
        func effect(
            _ call: String, on instance: ID<InstanceKind>, _ command: Command, _ length: LibvirtConnections.Length = .brief,
            within limit: Duration,
            clears: @escaping @Sendable (Found) -> Bool = { _ in false },
            _ body: @escaping @Sendable (LibvirtSession, Found) throws -> Void
        ) async throws {
            let ledger = ledger
            // A newer fence is on the disk before the effect, and a disk that takes others' memory takes its time: of the few that may be at
            // work on memory none waits for that. It is judged again where it is carried out, by what is found there too.
            let judging: @Sendable () throws -> Void = { _ = try ledger.admit(command, on: instance, found: nil) }
            do {
                try await effects.run(about: instance.text, length, within: limit, after: length == .minutes ? judging : nil) { session in
                    let found = try Self.find(instance, in: session)
                    try ledger.carryOut(command, on: instance, found: found.fence, clears: clears(found)) { try body(session, found) }
                }
            } catch {
                throw border.effect("\(call) \(instance)", error)
            }
        }

        /// A conversation with a guest's agent.
        func talk<Value: Sendable>(
            to instance: ID<InstanceKind>, _ body: @escaping @Sendable (LibvirtDomain) throws -> Value
        ) async throws -> Value {
            do {
                return try await agents.run(about: instance.text, within: limits.agent) { session in
                    guard case .ours(let domain, _) = try Self.find(instance, in: session) else {
                        throw CloudError(.notFound, ["object": instance.text])
                    }
                    return try body(domain)
                }
            } catch {
                throw border.agent(instance, error)
            }
        }

        /// What the ledger says of a command, in the instance's turn; told the fence of the domain that was found, if there is one.
        func judge(
            _ call: String, on instance: ID<InstanceKind>, _ command: Command, _ body: @escaping @Sendable (Fence?) throws -> Bool
        ) async throws -> Bool {
            do {
                return try await effects.run(about: instance.text, within: limits.effect) { session in
                    let found = try Self.find(instance, in: session)
                    if case .foreign = found { throw Self.foreign(instance) }
                    return try body(found.fence)
                }
            } catch {
                throw border.effect("\(call) \(instance)", error)
            }
        }

        /// Calls in the turn of the instance's agent.
        func agent<Value: Sendable>(
            of instance: ID<InstanceKind>, _ body: @escaping @Sendable (LibvirtSession) throws -> Value
        ) async throws -> Value {
            try await agents.run(about: instance.text, within: limits.agent, body)
        }

        static func find(_ instance: ID<InstanceKind>, in session: LibvirtSession) throws -> Found {
            guard let domain = try session.domain(named: instance.text) else {
                // Whoever has our UUID under another name would be redefined by us.
                return try session.domain(uuid: instance.domainUUID) == nil ? .absent : .foreign
            }
            guard let metadata = try metadata(of: domain, as: instance) else { return .foreign }
            return .ours(domain, metadata)
        }

        /// What we wrote into a domain of ours; nil for any other, also one that was copied by hand under another name.
        static func metadata(of domain: LibvirtDomain, as instance: ID<InstanceKind>) throws -> DomainMetadata? {
            guard let text = try domain.metadata(namespace: DomainMetadata.namespace), let metadata = try DomainMetadata(text),
                metadata.instance == instance
            else { return nil }
            return metadata
        }

        static func foreign(_ instance: ID<InstanceKind>) -> CloudError {
            CloudError(.nameTaken, ["name": instance.text, "proposal": ""], detail: "a domain that is not ours has the name or the UUID")
        }
    }
#endif
