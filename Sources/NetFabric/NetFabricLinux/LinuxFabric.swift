// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import NetFabric
import Synchronization

/// A host's network on Linux: one user-space bridge of Open vSwitch, a tap and a filter for each guest, and for each network a
/// gateway in a network namespace of its own with dnsmasq and nft.
///
/// Calls for one port or network follow each other; others run side by side. Commands that were carried out are remembered in
/// files, so a repeat is harmless also after a restart. Everything is read back from the parts themselves. Needs root. Why these
/// means: `Documentation/decisions/0005-network-fabric.md`.
public final class LinuxFabric: PortFilter, NetworkServices {
    /// What differs between hosts.
    public struct Settings: Hashable, Sendable {
        /// The bridge of the guests. Made by the fabric; never one that others use.
        public var bridge = "lybr0"
        /// The directory of what must survive a restart of the host: which commands were done, which pictures were asked for.
        public var state: String
        /// The directory of what need not: dnsmasq's files. dnsmasq's account must be able to reach it.
        public var runtime: String
        /// The first of the addresses between gateways and host (``NetFabric/Transit``).
        public var transit = Transit.base
        /// Name servers that answer for the world outside; none where guests need no outside names.
        public var upstream: [IPv4Address] = []
        /// The account of dnsmasq.
        public var user = "nobody"
        /// That account's group.
        public var group = "nogroup"
        /// Of how many ports that are gone the fence is remembered.
        var gonePortsKept = CommandLedger.goneKept
        /// What stands before every path of the host; empty but in tests.
        public var root = ""
        /// Settings with their two directories, absolute paths of plain characters.
        public init(state: String = "/var/lib/lyceum/net", runtime: String = "/run/lyceum/net") {
            self.state = state
            self.runtime = runtime
        }
    }

    let settings: Settings
    let tools: FabricTools
    let runner: any ToolRunner
    let clock: any Clock<Duration>
    let files: HostFiles
    let turnstile = Turnstile()
    let makings = Makings()
    private let threads = FileThreads()
    /// What is remembered of the networks that commands came for in this life, as their files have it.
    let networks = Mutex<[ID<NetworkKind>: Kept<NetworkMemory>]>([:])
    /// How many ports are remembered that are gone; nil while nobody looked.
    let gonePortsCount = Mutex<Int?>(nil)

    /// The network of this host. Throws `unavailable` (`part`: the program) where one is missing, and `invalid-field` for a
    /// directory or bridge whose name is not plain. Nothing is made before the first command.
    public init(
        _ settings: Settings = Settings(), tools: FabricTools = FabricTools(), runner: any ToolRunner = SubprocessTools(),
        clock: any Clock<Duration> = ContinuousClock()
    ) throws(CloudError) {
        self.settings = settings
        self.tools = tools
        self.runner = runner
        self.clock = clock
        files = HostFiles(root: settings.root)
        for (pointer, text) in [("/state", settings.state), ("/runtime", settings.runtime), ("/bridge", "/" + settings.bridge)] {
            let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")
            guard text.hasPrefix("/"), text.utf8.count <= 200, text.allSatisfy({ plain.contains($0) }) else {
                throw CloudError(.invalidField, ["pointer": pointer, "reason": "an absolute path or a name of plain characters"])
            }
        }
        guard (1...15).contains(settings.bridge.utf8.count), !settings.bridge.hasPrefix("lyc") else {
            throw CloudError(.invalidField, ["pointer": "/bridge", "reason": "1 to 15 characters, not beginning with lyc"])
        }
        for tool in tools.all where !files.exists(tool) {
            throw CloudError(.unavailable, ["part": tool], detail: "\(tool) is not installed")
        }
    }

    // MARK: Ports

    /// As ``PortFilter/ensure(_:_:)``.
    public func ensure(_ port: FabricPort, _ command: Command) async throws {
        try port.check()
        try await once(command, on: port) { try await self.make(port) }
    }

    /// As ``PortFilter/remove(_:_:)``.
    public func remove(_ port: FabricPort, _ command: Command) async throws {
        try await once(command, on: port, clears: true) { try await self.unmake(port) }
    }

    /// As ``PortFilter/observe(_:)``.
    public func observe(_ port: FabricPort) async throws -> Evidence<FabricPort> {
        try await translated { try await isMade(port) ? .present(port) : .absent }
    }

    private func once(
        _ command: Command, on port: FabricPort, clears: Bool = false, _ effect: @Sendable () async throws -> Void
    ) async throws {
        try await translated {
            try await turnstile.pass(port.device) {
                var memory = try portMemory(port.id)
                let (subject, before) = (port.id.text, memory.value.fence(of: port.id.text))
                guard try memory.value.admit(command, on: subject) == .fresh else { return }
                // On the disk before the effect that it admits; that the command was done may be lost with the power, for so is the effect.
                if command.fence > before {
                    try keep(.saw(fence: command.fence, subject: subject), in: &memory, of: port.id, durably: true)
                }
                try await effect()
                try keep(.done(command: command, subject: subject), in: &memory, of: port.id, durably: false)
                if clears { try putAway(port.id) }
            }
        }
    }

    // MARK: Networks

    /// As ``NetworkServices/apply(_:_:)``.
    public func apply(_ picture: NetworkPicture, _ command: Command) async throws -> Int64 {
        let asked = try picture.sound()
        let network = picture.network.id
        let came = makings.wish(asked)
        defer { makings.endWish(of: network) }
        return try await translated {
            try await turnstile.pass(network.text) {
                let memory = try networkMemory(network)
                if let serial = try memory.admit(command, serial: picture.serial) { return serial }
                let (old, whole) = (memory.picture, memory.isWhole)
                let wasMade = makings.begun(of: network) > came && old?.serial == asked.serial
                if let old, whole, old.serial > asked.serial || wasMade {
                    try keep(.done(command: command, asked: picture.serial), of: network, durably: false)
                    return old.serial
                }
                // Many launches at once ask for pictures, each newer than the last: the first makes the newest that anybody waits for, and
                // the others need no making. One that was begun and not finished is no older than it was.
                let due = [makings.newest(of: network), old].compactMap(\.self).reduce(asked) { $0.serial < $1.serial ? $1 : $0 }
                // What is asked for is kept before anything is made of it: after a crash the parts are compared with it.
                try keep(.begun(picture: due), of: network, durably: true)
                makings.begin(network)
                // Whoever asks for what is there has seen that it is not as it should be: then all of it is made.
                try await make(due, from: whole && old?.serial != asked.serial ? old : nil, before: old)
                try keep(.done(command: command, asked: picture.serial), of: network, durably: false)
                return due.serial
            }
        }
    }

    /// Makes a picture: by the short way from the one that is whole, else all of it.
    private func make(_ new: NetworkPicture, from whole: NetworkPicture?, before old: NetworkPicture?) async throws {
        if let whole, try await amend(whole, to: new) { return }
        if let old, old.network != new.network { try await unserve(new.network.id) }
        try await serve(new)
    }

    /// As ``NetworkServices/remove(_:_:)``.
    public func remove(_ network: ID<NetworkKind>, _ command: Command) async throws {
        try await translated {
            try await turnstile.pass(network.text) {
                let memory = try networkMemory(network)
                if try memory.admit(command, serial: nil) != nil { return }
                // What is half taken away is amended by no later picture: it is made anew.
                if memory.isWhole { try keep(.begun(picture: memory.picture), of: network, durably: true) }
                try await unserve(network)
                try keep(.removed(command: command), of: network, durably: true)
            }
        }
    }

    /// As ``NetworkServices/observe(_:)``.
    public func observe(_ network: ID<NetworkKind>) async throws -> Evidence<AppliedNetwork> {
        try await translated {
            guard let picture = try networkMemory(network).picture else { return .absent }
            guard try await hasGateway(picture.network) else { return .absent }
            return .present(AppliedNetwork(serial: picture.serial, intact: try await isIntact(picture)))
        }
    }

    // MARK: Calls

    /// The border: what is inside runs on the fabric's own threads, and foreign failures become ours.
    func translated<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do { return try await withTaskExecutorPreference(threads, operation: body) } catch let failure as ToolFailure {
            throw failure.refusal
        }
    }

    @discardableResult
    func call(_ tool: String, _ arguments: [String], input: String? = nil) async throws -> String {
        try await runner.run(ToolCall(tool, arguments, input: input))
    }

    /// A call whose failure means that what it asks for is not there.
    func ask(_ tool: String, _ arguments: [String], input: String? = nil) async throws -> String? {
        do { return try await call(tool, arguments, input: input) } catch let failure as ToolFailure {
            if failure.refusal.code == .unavailable { throw failure }
            return nil
        }
    }

    /// A call in a network's namespace.
    @discardableResult
    func call(in namespace: String, _ tool: String, _ arguments: [String], input: String? = nil) async throws -> String {
        try await call(tools.nsenter, ["--net=/run/netns/\(namespace)", "--", tool] + arguments, input: input)
    }

    /// Commands of iproute2 in one process, in this namespace or another; stops at the first that fails.
    func ip(_ lines: [String], in namespace: String? = nil) async throws {
        try await call(tools.ip, (namespace.map { ["-n", $0] } ?? []) + ["-batch", "-"], input: lines.joined(separator: "\n") + "\n")
    }
}

/// The newest picture of each network of those that were asked for since the last time that nobody waited, and how often a making was begun
/// in this life.
final class Makings: Sendable {
    private struct Wishes {
        var newest: NetworkPicture
        var waiting = 0
    }
    private struct State {
        var begun: [ID<NetworkKind>: Int] = [:]
        var wishes: [ID<NetworkKind>: Wishes] = [:]
    }
    private let state = Mutex(State())

    /// A picture is waited for from now on, until ``endWish(of:)``. Gives how many makings of its network were begun before.
    func wish(_ picture: NetworkPicture) -> Int {
        let network = picture.network.id
        return state.withLock {
            var wishes = $0.wishes[network] ?? Wishes(newest: picture)
            if wishes.newest.serial < picture.serial { wishes.newest = picture }
            wishes.waiting += 1
            $0.wishes[network] = wishes
            return $0.begun[network] ?? 0
        }
    }

    /// One picture of a network is waited for no more: it is served, or whoever waited was refused or went away.
    func endWish(of network: ID<NetworkKind>) {
        state.withLock {
            $0.wishes[network]?.waiting -= 1
            if $0.wishes[network]?.waiting == 0 { $0.wishes[network] = nil }
        }
    }

    func newest(of network: ID<NetworkKind>) -> NetworkPicture? { state.withLock { $0.wishes[network]?.newest } }
    /// How many wait; for tests.
    func waiting(of network: ID<NetworkKind>) -> Int { state.withLock { $0.wishes[network]?.waiting ?? 0 } }
    func begun(of network: ID<NetworkKind>) -> Int { state.withLock { $0.begun[network] ?? 0 } }
    func begin(_ network: ID<NetworkKind>) { state.withLock { $0.begun[network, default: 0] += 1 } }
}
