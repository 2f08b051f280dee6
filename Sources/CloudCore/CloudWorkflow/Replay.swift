// SPDX-License-Identifier: Apache-2.0

/// What a replayed function meets, decided without doing anything: a value without lock or I/O.
///
/// A run's journal holds the names of its steps in the order in which they ended. The function is called again from its beginning;
/// each step that the journal holds gives its old output. What was recorded must be a prefix of what is replayed; only the steps of
/// one parallel group may stand there in another order.
struct Replay: Sendable {
    enum Visit: Equatable {
        /// The journal holds it: its output.
        case recorded(String)
        /// It is new. `perhapsDone` is true for the first new steps of a recovered run: a dead manager may have done them.
        case fresh(perhapsDone: Bool)
    }
    enum Mismatch: Error, Equatable {
        case usedTwice(String)
        case expected(String, met: String)
        case notReached(String)
    }

    private let order: [String]
    private let outputs: [String: String]
    private var position = 0
    private var visited: Set<String> = []
    private var recovered: Bool

    /// The forward lines of a journal; `recovered` where another manager, or an earlier try, may have been at work.
    init(_ entries: [JournalEntry], recovered: Bool) {
        let forward = entries.filter { $0.kind == .committed || $0.kind == .stepped }
        order = forward.map(\.name)
        outputs = Dictionary(forward.map { ($0.name, $0.output) }, uniquingKeysWith: { first, _ in first })
        self.recovered = recovered
    }

    /// The function is at a step; `group` holds all names of its parallel group.
    mutating func visit(_ name: String, in group: Set<String>) throws(Mismatch) -> Visit {
        skipVisited()
        guard visited.insert(name).inserted else { throw .usedTwice(name) }
        if let output = outputs[name] {
            if order[position] != name, !group.contains(order[position]) { throw .expected(order[position], met: name) }
            skipVisited()
            return .recorded(output)
        }
        // What is recorded beyond may only be its siblings: a journal that went on past the group has had all of it.
        if let beyond = order[position...].first(where: { !visited.contains($0) && !group.contains($0) }) {
            throw .expected(beyond, met: name)
        }
        defer { if group.isEmpty { recovered = false } }
        return .fresh(perhapsDone: recovered)
    }

    /// The function has ended: nothing recorded may be left over.
    mutating func end() throws(Mismatch) {
        skipVisited()
        if position < order.count { throw .notReached(order[position]) }
    }

    private mutating func skipVisited() {
        while position < order.count, visited.contains(order[position]) { position += 1 }
    }
}
