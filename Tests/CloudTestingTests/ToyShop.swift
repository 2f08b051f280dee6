// SPDX-License-Identifier: Apache-2.0

import CloudSimulation
import CloudTesting
import CloudWorkflow
import Synchronization

/// A shop outside the store: things with how many of each, and a doorbell that counts.
final class ToyShop: Sendable {
    struct State: Sendable {
        var things: [String: Int] = [:]
        var keys: Set<StepKey> = []
    }
    let state = Mutex(State())

    func ensure(_ thing: String) { state.withLock { $0.things[thing] = 1 } }
    func remove(_ thing: String) { state.withLock { $0.things[thing] = nil } }
    func has(_ thing: String) -> Bool { state.withLock { $0.things[thing] != nil } }
    /// Adds one more each time that it is called.
    func add(_ thing: String) { state.withLock { $0.things[thing, default: 0] += 1 } }
    func count(_ thing: String) -> Int { state.withLock { $0.things[thing, default: 0] } }
    var lines: [String] { state.withLock { $0.things.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" } } }
}

struct NotThere: Refusal { var failure: RunFailure { RunFailure(code: "not-there") } }

typealias ToyTransaction = MemoryJournalingStore<[String: Int]>.Transaction

/// An operation that is as it should be, or has one flaw that a check must find.
struct Order: JournaledOperation {
    enum Flaw: String, Codable, CaseIterable {
        case chance, undoesNothing, undoFailsOnNothing, undoToggles, countsTwice, effectBetweenSteps, looksBetweenSteps, saysNothing
        case swallowsRefusals, losesOutput, undoesWhatWasThere, leavesRow
    }
    /// Another number each time that it is asked.
    static let chance = Mutex(0)

    static let kind = "order"
    var flaw: Flaw?
    var actor: String { "ann" }
    var object: String { "shop" }

    struct Ticket: Codable, Sendable {
        var number = 7
        var forgotten = ""
        enum CodingKeys: CodingKey { case number }
    }

    func run(_ flow: Flow<ToyTransaction>, in shop: ToyShop) async throws -> Int {
        let ticket = try await flow.commit("claim") { tx in
            tx.rows["claimed", default: 0] += 1
            return Ticket(number: 7, forgotten: "x")
        } undo: { tx, _ in
            if flaw != .leavesRow { tx.rows["claimed", default: 0] -= 1 }
        }
        if flaw == .effectBetweenSteps { shop.add("bell") }
        if flaw == .looksBetweenSteps, shop.has("cup") { throw NotThere() }
        try await flow.step("cup") { _ in
            if flaw == .countsTwice { shop.add("cup") } else { shop.ensure("cup") }
            if flaw == .losesOutput { shop.ensure("named \(ticket.forgotten)") }
        } undo: { _ in
            switch flaw {
            case .undoesNothing: break
            case .undoFailsOnNothing where !shop.has("cup"): throw NotThere()
            case .undoToggles: if shop.has("cup") { shop.remove("cup") } else { shop.ensure("cup") }
            case .losesOutput:
                shop.remove("named x")
                shop.remove("cup")
            default: shop.remove("cup")
            }
        }
        if flaw == .swallowsRefusals {
            do {
                try await flow.step("milk") { _ in
                    shop.ensure("milk")
                } undo: { _ in
                    shop.remove("milk")
                }
            } catch is any Refusal {}
        } else if flaw == .undoesWhatWasThere {
            try await flow.step("milk") { _ in
                shop.ensure("milk")
            } undo: { _ in
                shop.remove("counter")
            }
        } else {
            try await flow.steps("milk", over: ["hot", "cold"], key: { $0 }) { kind, _ in
                shop.ensure("milk \(kind)")
            } undo: { kind, _ in
                shop.remove("milk \(kind)")
            }
        }
        if flaw == .losesOutput {
            try await flow.step("read") { _ in
                shop.ensure("read \(ticket.forgotten)")
            } undo: { _ in
            }
        }
        _ = try await flow.waiting(for: "the guest", every: .seconds(1), limit: .seconds(3)) { shop.has("nobody") ? true : nil }
        if flaw == .chance {
            try await flow.step("chance") { _ in
                shop.ensure("\(Self.chance.withLock { $0 += 1; return $0 })")
            } undo: { _ in
            }
        }
        try await flow.commit("sold", irreversible: flaw == .saysNothing ? "" : "the money is in the till") { $0.rows["sold"] = 1 }
        try await flow.step("cheer", irreversible: "everybody has heard it") { _ in shop.ensure("cheer") }
        return ticket.number
    }
}

extension OperationChecks where Operation == Order {
    static func of(_ flaw: Order.Flaw?) -> OperationChecks {
        var kinds = OperationKinds<ToyTransaction, ToyShop>()
        kinds.add(Order.self)
        return OperationChecks(flaw?.rawValue ?? "", knowing: kinds) {
            let (store, shop) = (MemoryJournalingStore(["claimed": 0]), ToyShop())
            shop.ensure("counter")
            let leaders = Leaders()
            return OperationTrial(
                Order(flaw: flaw), as: RunID("op-1"), clock: SimulatedClock().waiting,
                manager: { _ in .init(store: LedStore(store, of: leaders), world: shop) },
                snapshot: { lens in
                    var snapshot = WorldSnapshot()
                    snapshot.add("shop", shop.lines)
                    snapshot.add("rows", store.content.rows.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })
                    if lens == .history {
                        snapshot.add("runs", store.content.runs.map { "\($0.id) \($0.state) \($0.output ?? "")" })
                        snapshot.add("journal", (store.content.journals[RunID("op-1")] ?? []).map { "\($0.kind) \($0.name)" }.sorted())
                    }
                    return snapshot
                })
        }
    }
}

/// Counts the managers of a world: the last one leads.
final class Leaders: Sendable {
    private let last = Mutex(0)
    func next() -> Int {
        last.withLock {
            $0 += 1; return $0
        }
    }
    func isLast(_ number: Int) -> Bool { last.withLock { $0 == number } }
}

/// A store as one manager holds it: once another leads, it can write no more.
final class LedStore: JournalingStore {
    struct NoLongerLeads: Error {}
    private let store: MemoryJournalingStore<[String: Int]>
    private let leaders: Leaders
    private let number: Int

    init(_ store: MemoryJournalingStore<[String: Int]>, of leaders: Leaders) {
        (self.store, self.leaders, number) = (store, leaders, leaders.next())
    }

    func write<Result: Sendable>(_ body: @Sendable (ToyTransaction) throws -> Result) async throws -> Result {
        guard leaders.isLast(number) else { throw NoLongerLeads() }
        return try await store.write(body)
    }
    func journal(in transaction: ToyTransaction) -> any JournalTransaction { store.journal(in: transaction) }
    func unfinishedRuns() async throws -> [RunRecord] { try await store.unfinishedRuns() }
    func run(_ id: RunID) async throws -> RunRecord? { try await store.run(id) }
    func journal(of id: RunID) async throws -> (run: RunRecord, entries: [JournalEntry])? { try await store.journal(of: id) }
}
