// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudSimulation
public import CloudStore
import CloudWorkflow

/// Two stores under the same calls: what one of them answers or keeps and the other does not. A store of a new engine is held beside one
/// that is trusted.
public struct StoreDifference: Sendable {
    /// What was found of one seed.
    public struct Found: Sendable, Hashable {
        /// What differs, a sentence each; empty for two stores that cannot be told apart.
        public var differences: [String] = []
        /// How many transactions committed: of a seed with hardly any nothing was seen.
        public var committed = 0
    }
    private struct Thrown: Error {}
    /// What a transaction was told, call by call.
    private typealias Answers = [String]

    private let seed: UInt64

    /// The calls of a seed.
    public init(seed: UInt64) { self.seed = seed }

    /// Makes the calls to two empty stores: thirty transactions of twelve calls each, of which one in four is taken back at its end.
    public func between(_ one: any Store, and other: any Store) async throws -> Found {
        var found = Found()
        for number in 0..<30 {
            let next = seed &* 1_000 &+ UInt64(number)
            let answers = (try await ended(next, on: one), try await ended(next, on: other))
            if answers.0 != answers.1 {
                let pairs = zip(answers.0 ?? ["taken back"], answers.1 ?? ["taken back"])
                let first = pairs.enumerated().first { $0.element.0 != $0.element.1 }
                found.differences.append("transaction \(number): \(first.map { "\($0)" } ?? "one is longer")")
            }
            found.committed += answers.0 == nil ? 0 : 1
        }
        let (left, right) = (try await one.unfinishedRuns(), try await other.unfinishedRuns())
        if left != right { found.differences.append("unfinished runs: \(left) and \(right)") }
        let known = Set(left.prefix(1).map(\.id))
        let (still, others) = (try await one.openRuns(besides: known), try await other.openRuns(besides: known))
        if still.runs != others.runs { found.differences.append("open runs: \(still.runs) and \(others.runs)") }
        let (expected, kept) = (try await one.dump(), try await other.dump())
        for table in Set(expected.keys).union(kept.keys).sorted() where expected[table] != kept[table] {
            found.differences.append("\(table): \(expected[table] ?? []) and \(kept[table] ?? [])")
        }
        return found
    }

    private func ended(_ seed: UInt64, on store: any Store) async throws -> Answers? {
        do { return try await store.write { try Self.transaction(seed, $0) } } catch is Thrown { return nil }
    }

    /// A transaction of chance: calls, of which some are refused and go on, and an end that may take all of it back.
    private static func transaction(_ seed: UInt64, _ tx: any StoreTransaction) throws -> Answers {
        var (random, answers) = (SplitMix64(seed: seed), Answers())
        func sample<Record: StoredRecord>(_ type: Record.Type) throws -> Record {
            try RecordSample(UInt64(random.below(6)), isSparse: random.below(3) == 0).make(type)
        }
        func tell(_ call: () throws -> Any) {
            do { answers.append("\(try call())") } catch let violation as UniqueViolation {
                // Of several indexes that refuse a row each engine names another; what one alone says is a rule of the contract.
                answers.append("unique in \(violation.table)")
            } catch { answers.append("\(error)") }
        }
        for _ in 0..<12 {
            switch random.below(12) {
            case 0, 1:
                var port = try sample(InstancePort.self)
                if random.below(2) == 0 { port.mac = try sample(InstancePort.self).mac }
                tell { try tx.insert(port) }
            case 2, 3:
                let number = UInt64(random.below(6))
                let (label, mac) = (try sample(InstancePort.self).label, try sample(InstancePort.self).mac)
                let (isMoved, isLooked) = (random.below(3) == 0, random.below(2) == 0)
                tell {
                    var port = try RecordSample(number).make(InstancePort.self)
                    if isLooked { port = try tx.ports.get(port.id) }
                    if isMoved { port.mac = mac } else { port.label = label }
                    return try tx.update(port)
                }
            case 4:
                let key = try sample(InstancePort.self).key
                tell { try tx.delete(InstancePort.self, key) }
            case 5:
                let instance = try sample(Instance.self)
                tell { try tx.insert(instance) }
            case 6:
                let (run, state) = ("op-\(random.below(5))", RunState.allCases[random.below(RunState.allCases.count)])
                let parent = random.below(3) == 0 ? RunID("op-\(random.below(5))") : nil
                tell {
                    try tx.journal.begin(
                        RunRecord(
                            id: RunID(run), kind: "k", version: 1, input: "{}", actor: "ő", object: "Z", parent: parent, state: state))
                }
            case 7:
                let run = RunID("op-\(random.below(5))")
                tell { try tx.journal.append(JournalEntry(.stepped, "\(answers.count)", output: "{\"x\":\"?\"}"), to: run) }
                tell { try tx.journal.update(run) { $0.percent += 1 } }
                tell { try tx.journal.supersede(RunID("op-\(random.below(5))"), by: run) }
                tell { try tx.entries(of: run) }
                tell { try tx.children(of: run).map(\.id.text) }
            case 8:
                tell { try tx.ports.list(Query(order: .label, descending: true)).map(\.key) }
                tell { try tx.ports.list(Query(order: .slot, limit: 2)).map(\.key) }
                tell { try tx.ports.list(Query(descending: true, limit: 3)).map(\.key) }
                tell { try tx.runs(actor: nil, object: "Z", state: nil, before: nil, limit: 2).map(\.id.text) }
                tell { try tx.instances.all(.lists(.tags, "\"';--3")).map(\.key) }
                tell { try tx.sum(InstancePort.self, .slot, Query(.above(.slot, .integer(2)))) }
                tell { try tx.runs(actor: nil, object: nil, state: nil, before: RunID("op-2"), limit: 3).map(\.id.text) }
                tell { try tx.runs(actor: "ő", object: nil, state: .stuck, before: nil, limit: 3).map(\.id.text) }
            case 9:
                let (network, instance) = (try sample(InstancePort.self).network, try sample(InstancePort.self).instance)
                tell { try tx.ports.all(.any([.equals(.network, .id(network)), .equals(.slot, .null)])).map(\.key) }
                tell { try tx.ports.all(.isIn(.instance, [.id(instance), .null]), .below(.slot, .integer(4))).map(\.key) }
                tell { try tx.count(InstancePort.self, Query(.isIn(.network, [.id(network)]), limit: 1)) }
                let keys = [try sample(InstancePort.self).key, try sample(InstancePort.self).key]
                tell { try tx.ports.all(.isIn(.id, keys.map(StoreValue.text)), .above(.slot, .null)).map(\.key) }
                tell { try tx.ports.all(.isIn(.id, keys.map(StoreValue.text))).map(\.key) }
            case 10:
                let (grant, owner) = (try sample(Grant.self), try sample(Instance.self).owner)
                tell { try tx.insert(grant) }
                for subjects in [[owner.text, grant.subject], []] {
                    let visible = Condition<Instance>.visible(object: .id, subjects: subjects, at: Timestamp(milliseconds: 4))
                    tell { try tx.instances.all(visible).map(\.key) }
                    tell { try tx.instances.count(visible) }
                    tell { try tx.instances.sum(.memory, visible) }
                }
            default:
                let (object, through) = ("vm-\(random.below(3))", Int64(random.below(4)))
                tell { try tx.addEvent(NewEvent(code: "c", object: object, operation: nil, at: Timestamp(milliseconds: 7))) }
                tell { try tx.events(after: through, limit: 3).map(\.number) }
                if random.below(5) == 0 { tell { try tx.deleteEvents(through: through) } }
                tell { try tx.eventRange() as Any }
            }
        }
        if random.below(4) == 0 { throw Thrown() }
        return answers
    }
}
