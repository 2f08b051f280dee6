// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudStore
import Foundation
import Synchronization

/// A whole world as text: every row of every table and every part of a simulated host, one line each, so that two worlds can be
/// compared and their difference be read. Times, versions, event numbers and attempt counters are masked by the names of their columns:
/// a masked value says that there is one, not which.
public struct WorldSnapshot: Equatable, Sendable {
    /// What two worlds are to have in common.
    public enum Lens: Sendable {
        /// All of it, and how it came about: runs, journals, activities, events, fences, serials.
        case history
        /// What is, whatever came before.
        case state
    }

    /// The lines of each part, by the name of the part: `instances`, `guests`, `fabric.ports` …
    public private(set) var parts: [String: [String]] = [:]

    /// An empty world.
    public init() {}

    /// Adds a part; its lines are kept in the order given.
    public mutating func add(_ part: String, _ lines: [String]) { parts[part] = lines }

    /// What this world has (`-`) that the other has not, and the other way round (`+`), in order; empty for equal worlds.
    public func difference(to other: WorldSnapshot) -> [String] {
        Set(parts.keys).union(other.parts.keys).sorted().flatMap { part in
            let (mine, others) = (parts[part] ?? [], other.parts[part] ?? [])
            return others.difference(from: mine).map { change in
                switch change {
                case .remove(_, let line, _): "- \(part): \(line)"
                case .insert(_, let line, _): "+ \(part): \(line)"
                }
            }
        }
    }
}

extension WorldSnapshot {
    /// The world of a store and what a simulated host is. Throws where the store does, or holds what is no JSON.
    ///
    /// Events stand in the order of their operations: what two operations tell may come in either order.
    public init(of store: any Store, and host: SimulatedHost.State, through lens: Lens) async throws {
        self.init()
        for (table, rows) in try await store.dump() where lens == .history || !Masks.traces.contains(table) {
            let masked = Masks.columns.union(Masks.columnsOf[table] ?? []).union(lens == .state ? Masks.counters : [])
            let values = try rows.map { try MaskedText.of($0, masked) }
            guard table == "events" else {
                add(table, values.map(\.text))
                continue
            }
            add(table, values.indices.sorted { (values[$0].operation, $0) < (values[$1].operation, $1) }.map { values[$0].text })
        }
        var state = host
        state.guests = state.guests.withoutHistory
        state.disks.ledger = .init()
        let masked = lens == .state ? Masks.counters : []
        try add("guests", of: state.guests, masking: masked)
        try add("fabric", of: state.fabric.parts, masking: masked)
        try add("disks", of: state.disks, masking: masked)
    }

    /// One part for each property of a value, one line for each entry of a property that is a dictionary.
    private mutating func add(_ part: String, of value: some Encodable, masking masked: Set<String>) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(value), as: UTF8.self)
        for (name, lines) in try MaskedText.of(text, masked).parts { add("\(part).\(name)", lines) }
    }
}

/// A JSON text with some of it hidden. Most rows are the same in thousands of worlds, so what was masked once is remembered.
private struct MaskedText {
    /// The whole, on one line.
    let text: String
    /// The operation of an event.
    let operation: String
    /// Of an object: its properties, one line for each entry of one that is an object itself.
    let parts: [(name: String, lines: [String])]

    private struct Key: Hashable {
        let text: String
        let masked: Set<String>
    }
    private static let known = Mutex<[Key: MaskedText]>([:])
    private static let most = 20_000

    static func of(_ text: String, _ masked: Set<String>) throws -> MaskedText {
        let key = Key(text: text, masked: masked)
        if let found = known.withLock({ $0[key] }) { return found }
        let made = MaskedText(try JSONText.parse(text).masking(masked))
        known.withLock { known in
            if known.count >= most { known = [:] }
            known[key] = made
        }
        return made
    }

    private init(_ value: JSONText) {
        text = value.text
        operation = value["event"]?["operation"]?.text ?? ""
        guard case .object(let properties) = value else {
            parts = []
            return
        }
        parts = properties.sorted { $0.name < $1.name }.map { name, property in
            guard case .object(let entries) = property else { return (name, [property.text]) }
            return (name, entries.map { "\($0.name) \($0.value.text)" }.sorted())
        }
    }
}

/// What is left out of a comparison, by name.
private enum Masks {
    /// Times and versions, in every table.
    static let columns: Set = [
        "at", "changedAt", "createdAt", "destroyAt", "endedAt", "expiresAt", "keptUntil", "lookAt", "readyAt", "seenAt", "startedAt",
        "suspendAt", "toldAt", "trashedAt", "until", "version", "attempts",
    ]
    /// Event numbers, and texts in which times stand.
    static let columnsOf: [String: Set<String>] = [
        "events": ["number"], "evidence": ["report"], "journal_entries": ["output"], "runs": ["output"],
    ]
    /// What counts how often something happened.
    static let counters: Set = ["fence", "serial"]
    /// Tables that tell what happened, not what is.
    static let traces: Set = ["activities", "events", "journal_entries", "runs"]
}
