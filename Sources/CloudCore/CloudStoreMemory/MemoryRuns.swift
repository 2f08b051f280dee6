// SPDX-License-Identifier: Apache-2.0

import CloudStore
import CloudWorkflow

/// Runs and their journals, in the order of recording.
struct MemoryRuns: Sendable {
    private(set) var records: [RunID: RunRecord] = [:]
    private(set) var entries: [RunID: [JournalEntry]] = [:]
    private var order: [RunID] = []
    private var numbers: [RunID: Int] = [:]
    private var children: [RunID: [RunID]] = [:]
    private var open: Set<RunID> = []

    /// Puts a run in its place, the last one where it is new, or takes the last one away; gives the one that was there.
    @discardableResult mutating func set(_ record: RunRecord?, for id: RunID) -> RunRecord? {
        let old = records.removeValue(forKey: id)
        if let record {
            records[id] = record
            if record.state.isTerminal { open.remove(id) } else { open.insert(id) }
            if old == nil {
                numbers[id] = order.count
                order.append(id)
                if let parent = record.parent { children[parent, default: []].append(id) }
            }
        } else if let old {
            order.removeLast()
            (numbers[id], entries[id]) = (nil, nil)
            open.remove(id)
            if let parent = old.parent { children[parent]?.removeLast() }
        }
        return old
    }

    mutating func append(_ entry: JournalEntry, to id: RunID) { entries[id, default: []].append(entry) }
    mutating func removeLastEntry(of id: RunID) { entries[id]?.removeLast() }

    /// Those that are not terminal, but for some, oldest first.
    func unfinished(besides known: Set<RunID> = []) -> [RunRecord] {
        let ids = open.subtracting(known).sorted { numbers[$0, default: 0] < numbers[$1, default: 0] }
        return ids.compactMap { records[$0] }
    }

    /// Those that a run recorded, in order.
    func recorded(by id: RunID) -> [RunRecord] { children[id, default: []].compactMap { records[$0] } }

    /// As ``CloudStore/StoreView/runs(actor:object:state:before:limit:)`` says.
    func list(actor: String?, object: String?, state: RunState?, before: RunID?, limit: Int) -> [RunRecord] {
        var found: [RunRecord] = []
        // Before one that nobody knows there is nothing.
        let end = before.map { numbers[$0] ?? 0 } ?? order.count
        for id in order[..<end].reversed() {
            guard found.count < limit else { break }
            guard let run = records[id], actor == nil || run.actor == actor, object == nil || run.object == object,
                state == nil || run.state == state
            else { continue }
            found.append(run)
        }
        return found
    }
}

/// Events in the order of their numbers.
struct MemoryEvents: Sendable {
    private(set) var kept: [StoredEvent] = []
    /// The highest number ever given.
    private var last: Int64 = 0

    mutating func append(_ event: NewEvent) {
        last += 1
        kept.append(StoredEvent(number: last, event: event))
    }
    /// Takes the newest back, and its number.
    mutating func takeBack() {
        kept.removeLast()
        last -= 1
    }
    /// Removes those up to a number; gives them.
    mutating func remove(through number: Int64) -> [StoredEvent] {
        let removed = Array(kept.prefix { $0.number <= number })
        kept.removeFirst(removed.count)
        return removed
    }
    mutating func bringBack(_ removed: [StoredEvent]) { kept.insert(contentsOf: removed, at: 0) }

    func after(_ number: Int64, limit: Int) -> [StoredEvent] {
        guard let first = kept.first?.number else { return [] }
        // Numbers have no holes, so the place of one is known.
        return Array(kept.dropFirst(number < first ? 0 : Int(number - first + 1)).prefix(max(0, limit)))
    }
    var range: ClosedRange<Int64>? {
        guard let first = kept.first?.number, let last = kept.last?.number else { return nil }
        return first...last
    }
}
