// SPDX-License-Identifier: Apache-2.0

import CloudModel
import FoundationEssentials
import NetFabric
import Synchronization

/// What a host remembers of one network: the picture asked for, and the commands that were done.
///
/// Runs of many instances change one network, so a fence says something only within its run; pictures are ordered by serial. The
/// last 512 commands are remembered, which is longer than any duplicate is on its way.
struct NetworkMemory: Remembered {
    /// What befalls it.
    enum Change: Codable {
        /// A picture is about to be made, or what is there to be taken away: from here on it is not whole.
        case begun(picture: NetworkPicture?)
        /// What a command asked for is there, and whole.
        case done(command: Command, asked: Int64?)
        /// The network is gone.
        case removed(command: Command)
    }
    private struct Done: Codable {
        let command: Command
        let asked: Int64?
    }
    /// The newest picture asked for; nil where the network was removed or never asked for.
    var picture: NetworkPicture?
    /// Whether all of ``picture`` was made; false while it is being made, and after a crash amid.
    var isWhole = false
    private var done: [Done] = []

    /// Judges a command: nil where it is to be carried out, and where it was done before the serial now in force, or the one then given where
    /// a newer picture is not whole. Throws `fence-stale` for a command that its own run has overtaken.
    func admit(_ command: Command, serial: Int64?) throws(CloudError) -> Int64? {
        let seen = done.filter { $0.command.run == command.run }.map(\.command.fence).max() ?? Fence(0)
        guard command.fence >= seen else {
            throw CloudError(.fenceStale, ["fence": command.fence.description, "seen": seen.description, "object": command.run.text])
        }
        let before = done.contains { $0.command.run == command.run && $0.command.step == command.step && $0.asked == serial }
        return before ? (isWhole ? picture?.serial : nil) ?? serial ?? 0 : nil
    }

    mutating func apply(_ change: Change) {
        switch change {
        case .begun(let picture): (self.picture, isWhole) = (picture, false)
        case .done(let command, let asked):
            isWhole = true
            remember(Done(command: command, asked: asked))
        case .removed(let command):
            (picture, isWhole) = (nil, false)
            remember(Done(command: command, asked: nil))
        }
    }

    private mutating func remember(_ command: Done) {
        done.append(command)
        if done.count > 512 { done.removeFirst(done.count - 512) }
    }
}

/// What is remembered, and what can befall it.
protocol Remembered: Codable, Sendable {
    associatedtype Change: Codable
    mutating func apply(_ change: Change)
}

extension CommandLedger: Remembered {}

/// Something that is kept in a file: a line that is the whole of it, and behind it one line for each change since. The whole, and changes that
/// must not be lost with the power, are waited for; other changes outlive the process.
///
/// A line that a loss of power cut off was not waited for, and is passed over. The first is never cut off: it came with a rename.
struct Kept<Value: Remembered>: Sendable {
    var value: Value
    /// How many characters the file has, and how many of them are its first line.
    var (length, first) = (0, 0)
    /// Whether there is a file that lines can be added to.
    var isHere = false

    init(_ value: Value) { self.value = value }

    /// Whether so much was added that the whole is shorter.
    var isLong: Bool { length > 4 * first + 16_384 }
}

extension LinuxFabric {
    /// What is remembered of a port; of one that is gone it cannot be added to.
    func portMemory(_ port: ID<PortKind>) throws -> Kept<CommandLedger> {
        if let here: Kept<CommandLedger> = try remembered("ports", port.text) { return here }
        var gone: Kept<CommandLedger> = try remembered(Self.gonePorts, port.text) ?? Kept(CommandLedger())
        gone.isHere = false
        return gone
    }

    func keep(_ change: CommandLedger.Change, in memory: inout Kept<CommandLedger>, of port: ID<PortKind>, durably: Bool) throws {
        let wasHere = memory.isHere
        try keep(change, in: &memory, "ports", port.text, durably: durably)
        if !wasHere { try files.remove("\(settings.state)/\(Self.gonePorts)/\(port).json") }
    }

    /// Puts what is remembered of a port of which nothing is left where the oldest are forgotten.
    func putAway(_ port: ID<PortKind>) throws {
        let folder = "\(settings.state)/\(Self.gonePorts)"
        try files.makeDirectory(folder, mode: 0o700)
        try files.move("\(settings.state)/ports/\(port).json", to: "\(folder)/\(port).json")
        let isOver = try gonePortsCount.withLock { count in
            let now = try count.map { $0 + 1 } ?? files.list(folder).count
            count = now
            return now > settings.gonePortsKept + settings.gonePortsKept / 4
        }
        guard isOver else { return }
        // A wrong clock makes those that go others, never more.
        let names = try files.list(folder).map { (name: $0, time: files.time("\(folder)/\($0)")) }
        for old in names.sorted(by: { ($0.time, $0.name) < ($1.time, $1.name) }).dropLast(settings.gonePortsKept) {
            try files.remove("\(folder)/\(old.name)")
        }
        gonePortsCount.withLock { $0 = min(names.count, settings.gonePortsKept) }
    }

    private static var gonePorts: String { "gone-ports" }

    /// What is remembered of a network.
    func networkMemory(_ network: ID<NetworkKind>) throws -> NetworkMemory { try keptNetwork(network).value }

    /// Called in the network's turn, as only commands are: then what is held here is what the file says.
    func keep(_ change: NetworkMemory.Change, of network: ID<NetworkKind>, durably: Bool) throws {
        var memory = try keptNetwork(network)
        try keep(change, in: &memory, "networks", network.text, durably: durably)
        networks.withLock { $0[network] = memory }
    }

    private func keptNetwork(_ network: ID<NetworkKind>) throws -> Kept<NetworkMemory> {
        if let held = networks.withLock({ $0[network] }) { return held }
        return try remembered("networks", network.text) ?? Kept(NetworkMemory())
    }

    private func remembered<Value>(_ kind: String, _ id: String) throws -> Kept<Value>? {
        guard let text = try files.read("\(settings.state)/\(kind)/\(id).json", limit: 64 << 20) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let decoder = JSONDecoder()
        do {
            var memory = Kept(try decoder.decode(Value.self, from: Data((lines.first ?? "").utf8)))
            for line in lines.dropFirst() {
                // What was cut off was never waited for.
                do { memory.value.apply(try decoder.decode(Value.Change.self, from: Data(line.utf8))) } catch is DecodingError { continue }
            }
            (memory.length, memory.first, memory.isHere) = (text.utf8.count, lines.first?.utf8.count ?? 0, true)
            return memory
        } catch {
            throw CloudError(.internalFault, ["part": "fabric memory"], detail: "\(kind)/\(id).json: \(error)")
        }
    }

    /// Applies a change and keeps it: as a line, or the whole where there is no file that it could be added to.
    private func keep<Value>(_ change: Value.Change, in memory: inout Kept<Value>, _ kind: String, _ id: String, durably: Bool) throws {
        memory.value.apply(change)
        let path = "\(settings.state)/\(kind)/\(id).json"
        if memory.isHere, !memory.isLong {
            let line = try Self.line(change)
            try files.append(line, to: path, durably: durably)
            memory.length += line.utf8.count + 1
        } else {
            let whole = try Self.line(memory.value)
            try files.makeDirectory("\(settings.state)/\(kind)", mode: 0o700)
            try files.replace(path, with: whole, durably: true)
            (memory.length, memory.first, memory.isHere) = (whole.utf8.count, whole.utf8.count, true)
        }
    }

    private static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
