// SPDX-License-Identifier: Apache-2.0

import CloudModel
import FoundationEssentials
import NetFabric
import Synchronization

/// What a host remembers of one network: the picture asked for, and the commands that were done.
///
/// Runs of many instances change one network, so a fence says something only within its run; pictures are ordered by serial. The
/// last 512 commands are remembered, which is longer than any duplicate is on its way.
struct NetworkMemory: Codable {
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

    /// Remembers that a command was carried out.
    mutating func done(_ command: Command, serial: Int64?) {
        done.append(Done(command: command, asked: serial))
        if done.count > 512 { done.removeFirst(done.count - 512) }
    }
}

extension LinuxFabric {
    func portMemory(_ port: ID<PortKind>) throws -> CommandLedger {
        try remembered("ports", port.text) ?? remembered(Self.gonePorts, port.text) ?? CommandLedger()
    }

    func keep(_ memory: CommandLedger, of port: ID<PortKind>) throws {
        try keep(memory, "ports", port.text)
        try files.remove("\(settings.state)/\(Self.gonePorts)/\(port).json")
    }

    /// Keeps what is remembered of a port of which nothing is left. Of these the oldest are forgotten.
    func keep(_ memory: CommandLedger, ofGone port: ID<PortKind>) throws {
        try keep(memory, of: port)
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
    func networkMemory(_ network: ID<NetworkKind>) throws -> NetworkMemory { try remembered("networks", network.text) ?? NetworkMemory() }
    func keep(_ memory: NetworkMemory, of network: ID<NetworkKind>) throws { try keep(memory, "networks", network.text) }

    private func remembered<Value: Decodable>(_ kind: String, _ id: String) throws -> Value? {
        guard let text = try files.read("\(settings.state)/\(kind)/\(id).json", limit: 64 << 20) else { return nil }
        do { return try JSONDecoder().decode(Value.self, from: Data(text.utf8)) } catch {
            throw CloudError(.internalFault, ["part": "fabric memory"], detail: "\(kind)/\(id).json: \(error)")
        }
    }

    private func keep(_ value: some Encodable, _ kind: String, _ id: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try files.makeDirectory("\(settings.state)/\(kind)", mode: 0o700)
        try files.replace(
            "\(settings.state)/\(kind)/\(id).json", with: String(decoding: encoder.encode(value), as: UTF8.self), durably: true)
    }
}
