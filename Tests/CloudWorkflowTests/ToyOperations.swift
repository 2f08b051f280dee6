// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow

/// What toys store: numbers by name.
typealias ToyRows = [String: Int]
typealias ToyStore = MemoryJournalingStore<ToyRows>
typealias ToyTransaction = ToyStore.Transaction

protocol ToyOperation: JournaledOperation where Transaction == ToyTransaction, World == ToyWorld {}
extension ToyOperation {
    var actor: String { "ann" }
    var object: String { "toy" }
}

/// The usual shape: a claim with an undo, three effects, an end.
struct Build: ToyOperation {
    static let kind = "build"
    var size = 1
    var limit = 10

    func run(_ flow: Flow<ToyTransaction>, in world: ToyWorld) async throws -> Int {
        let used = try await flow.commit("claim") { tx in
            guard tx.rows["used", default: 0] + size <= limit else { throw No(code: "limit") }
            tx.rows["used", default: 0] += size
            return tx.rows["used", default: 0]
        } undo: { tx, _ in
            tx.rows["used", default: 0] -= size
            if tx.rows["used"] == 0 { tx.rows["used"] = nil }
        }
        flow.progress(25)
        try await flow.step("disk") { _ in
            try world.make("disk")
        } undo: { _ in
            try world.remove("disk")
        }
        flow.progress(50)
        try await flow.step("port") { _ in
            try world.make("port")
        } undo: { _ in
            try world.remove("port")
        }
        _ = try await flow.step("power") { _ in
            try world.make("power")
            return "on"
        } observe: { _ in
            try world.sees("power") ? .done("on") : .notDone
        } undo: { _ in
            try world.remove("power")
        }
        try await flow.commit("running", irreversible: "nothing comes after it") { tx in tx.rows["running"] = 1 }
        return used
    }
}

/// Several things at the same time.
struct BuildMany: ToyOperation {
    static let kind = "build-many"
    var items = ["a", "b", "c"]

    func run(_ flow: Flow<ToyTransaction>, in world: ToyWorld) async throws -> Nothing {
        try await flow.commit("claim") {
            $0.rows["many"] = items.count
        } undo: { tx in
            tx.rows["many"] = nil
        }
        try await flow.steps("part", over: items, key: { $0 }) { item, _ in
            try world.make(item)
        } undo: { item, _ in
            try world.remove(item)
        }
        try await flow.commit("built", irreversible: "nothing comes after it") { $0.rows["built"] = 1 }
        return Nothing()
    }
}

/// Waits for something that somebody else makes.
struct Await: ToyOperation {
    static let kind = "await"
    var thing = "guest"

    func run(_ flow: Flow<ToyTransaction>, in world: ToyWorld) async throws -> Bool {
        try await flow.commit("claim") {
            $0.rows["waits"] = 1
        } undo: { tx in
            tx.rows["waits"] = nil
        }
        try await flow.step("disk") { _ in
            try world.make("disk")
        } undo: { _ in
            try world.remove("disk")
        }
        let came = try await flow.waiting(for: thing, every: .seconds(1), limit: .seconds(5)) {
            try world.sees(thing) ? true : nil
        }
        try await flow.commit("over", irreversible: "nothing comes after it") { $0.rows["waits"] = 2 }
        return came ?? false
    }
}

/// Does something that nobody can take back, in the middle.
struct Burn: ToyOperation {
    static let kind = "burn"

    func run(_ flow: Flow<ToyTransaction>, in world: ToyWorld) async throws -> Nothing {
        try await flow.commit("claim") {
            $0.rows["burning"] = 1
        } undo: { tx in
            tx.rows["burning"] = nil
        }
        try await flow.step("fire", irreversible: "ashes") { _ in try world.make("ashes") }
        try await flow.step("sweep") { _ in
            try world.make("clean")
        } undo: { _ in
            try world.remove("clean")
        }
        return Nothing()
    }
}

/// Records two others in its commit.
struct Parent: ToyOperation {
    static let kind = "parent"
    var sizes = [1, 2]

    func run(_ flow: Flow<ToyTransaction>, in world: ToyWorld) async throws -> Nothing {
        try await flow.commit("record") { tx in
            tx.rows["parent"] = 1
            for (index, size) in sizes.enumerated() {
                try flow.enqueue(Child(size: size), as: RunID("\(flow.run.text).\(index)"), in: tx)
            }
        } undo: { tx in
            tx.rows["parent"] = nil
        }
        try await flow.step("note") { _ in
            try world.make("note")
        } undo: { _ in
            try world.remove("note")
        }
        return Nothing()
    }
}

/// What ``Parent`` records.
struct Child: ToyOperation {
    static let kind = "child"
    var size: Int
    var limit = 2

    func run(_ flow: Flow<ToyTransaction>, in world: ToyWorld) async throws -> Int {
        try await flow.commit("take") { tx in
            guard size <= limit else { throw No(code: "too much") }
            tx.rows["taken", default: 0] += size
            return size
        } undo: { tx, _ in
            tx.rows["taken", default: 0] -= size
        }
    }
}

/// Carries a password through a step.
struct Confide: ToyOperation {
    static let kind = "confide"
    var password: Secret

    func run(_ flow: Flow<ToyTransaction>, in world: ToyWorld) async throws -> Secret {
        try await flow.commit("claim", irreversible: "a test") { $0.rows["told"] = 1 }
        return try await flow.step("tell") { _ in
            Secret(password.clear + "!")
        } undo: { _ in
        }
    }
}

/// Whatever a test writes down.
struct Scripted: ToyOperation {
    static let kind = "scripted"
    static let accepts = 1...2
    static let version = 2
    typealias Script = @Sendable (Flow<ToyTransaction>, ToyWorld) async throws -> Void
    @TaskLocal static var script: Script = { _, _ in }

    func run(_ flow: Flow<ToyTransaction>, in world: ToyWorld) async throws -> Nothing {
        try await Self.script(flow, world)
        return Nothing()
    }
}
