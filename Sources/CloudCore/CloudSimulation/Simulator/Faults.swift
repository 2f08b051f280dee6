// SPDX-License-Identifier: Apache-2.0

/// What goes wrong in a simulation, and how often: so many times in a hundred thousand, counted at each place where it could.
public struct Faults: Sendable, Hashable {
    /// The manager dies at a border of a step, or around a call.
    public var managerDies = 0
    /// A call does not arrive: `host-unreachable`.
    public var callLost = 0
    /// A call arrived, and its answer does not: its outcome is unknown.
    public var answerLost = 0
    /// A call takes a hundred times as long.
    public var callLate = 0
    /// A commit is durable, and the answer is that the store is away.
    public var commitUnknown = 0
    /// A commit is refused, because the disk of the store is full.
    public var commitRefused = 0

    /// None.
    public init() {}

    /// Each fault by the name that scenarios have for it.
    private static let fields: [String: any WritableKeyPath<Faults, Int> & Sendable] = [
        "manager-dies": \.managerDies, "call-lost": \.callLost, "answer-lost": \.answerLost, "call-late": \.callLate,
        "commit-unknown": \.commitUnknown, "commit-refused": \.commitRefused,
    ]
    /// The names of the faults, sorted.
    public static var names: [String] { fields.keys.sorted() }
    /// Sets a fault by its name; says whether there is one of that name.
    @discardableResult public mutating func set(_ name: String, to rate: Int) -> Bool {
        guard let field = Self.fields[name] else { return false }
        self[keyPath: field] = rate
        return true
    }

    /// All of them, now and then.
    public static var some: Faults {
        var faults = Faults()
        faults.managerDies = 100
        faults.callLost = 300
        faults.answerLost = 300
        faults.callLate = 200
        faults.commitUnknown = 30
        faults.commitRefused = 30
        return faults
    }
}
