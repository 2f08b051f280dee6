// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudWorkflow
import HypervisorSim

/// Reads one line, word by word.
struct LineReader {
    private struct Word {
        let text: String
        let column: Int
    }
    private var words: ArraySlice<Word>
    /// The names of the sentence, in order.
    private var uses: [ScenarioNames.Use] = []
    private let line: Int
    private let length: Int
    /// The words, without remark.
    let said: String

    private static let verbs: [String: Verb] = [
        "starts": .start, "suspends": .suspend, "wakes": .wake, "shuts-down": .shutDown, "forces-off": .forceOff, "destroys": .destroy,
        "recovers": .recover, "reboots": .reboot, "resets": .reset, "pauses": .pause, "resumes": .resume, "rebuilds": .rebuild,
        "renews": .renew,
    ]
    private static let units: [String: Duration] = [
        "ms": .milliseconds(1), "s": .seconds(1), "min": .seconds(60), "h": .seconds(3600), "d": .seconds(86_400),
    ]

    init(_ line: some StringProtocol, number: Int) {
        self.line = number
        var words: [Word] = []
        var column = 1
        let said = line.prefix { $0 != "#" }
        for piece in said.split(omittingEmptySubsequences: false, whereSeparator: \.isWhitespace) {
            if !piece.isEmpty { words.append(Word(text: String(piece), column: column)) }
            column += piece.count + 1
        }
        self.words = words[...]
        length = said.count
        self.said = words.map(\.text).joined(separator: " ")
    }

    /// The sentence of the line; nil for none. Its words are judged first, then its names by those of the lines before.
    mutating func sentence(_ names: inout ScenarioNames) throws(Scenario.Mistake) -> Scenario.Sentence? {
        guard let first = words.popFirst() else { return nil }
        let sentence: Scenario.Sentence
        switch first.text {
        case "hosts":
            let count = try number(1...SimulatedCloud.mostHosts)
            uses.append(.init(role: .hosts(count), text: first.text, column: first.column))
            sentence = .hosts(count)
        case "template":
            let name = try name(.newTemplate, "a template's name")
            try expect("on")
            sentence = .template(name, host: try self.name(.host, "a host"))
        case "people":
            var people = [try name(.newPerson, "a person")]
            while !words.isEmpty { people.append(try name(.newPerson, "a person")) }
            sentence = .people(people)
        case "wait":
            let column = nextColumn
            let duration = try duration()
            guard duration >= .zero else { throw mistake(column, "nobody waits for the past") }
            guard names.waits(duration) else {
                throw mistake(
                    column, "all that a story waits is a day at most, for every second of it is simulated; a clock may jump further")
            }
            sentence = .wait(duration)
        case "faults": sentence = .faults(try oneOf(Faults.names), try number(0...100_000))
        case "expect": sentence = try expectation()
        case "the": sentence = try ofTheWorld()
        default: sentence = try deed(of: first)
        }
        if let more = words.first { throw mistake(more.column, "the sentence ends before “\(more.text)”") }
        try names.take(uses.sorted { $0.column < $1.column }, line: line)
        return sentence
    }

    private mutating func expectation() throws(Scenario.Mistake) -> Scenario.Sentence {
        let column = nextColumn
        let what = try word("clean, done, undone, superseded, refused, failed, a number or a machine")
        func of(_ role: ScenarioNames.Role) { uses.append(.init(role: role, text: what, column: column)) }
        if let end = RunState(rawValue: what), end.isTerminal {
            of(.askedBefore)
            return .expectEnd(.state(end))
        }
        switch what {
        case "clean": return .expectClean
        case "refused":
            of(.askedBefore)
            return .expectRefused(try errorCode())
        case "failed":
            of(.askedBefore)
            return .expectEnd(.failed(try errorCode()))
        default:
            if !what.trimmingPrefix("-").isEmpty, what.trimmingPrefix("-").allSatisfy(\.isNumber) {
                guard let count = Int(what), (0...100_000).contains(count) else {
                    throw mistake(column, "a number from 0 to 100000 is due here")
                }
                try expect("of")
                return .expectRevisions(of: try name(.template, "a template"), count)
            }
            if words.first?.text == "signed-in" {
                words.removeFirst()
                of(.person)
                return .expectSignedIn(what)
            }
            of(.machine)
            return .expectState(of: what, try oneOf(InstanceState.allCases))
        }
    }

    private mutating func errorCode() throws(Scenario.Mistake) -> ErrorCode {
        let column = nextColumn
        let text = try word("an error's code")
        guard let code = ErrorCode(rawValue: text) else {
            throw mistake(column, "there is no error “\(text)”; `lyceum api GET /v1/errors` lists them all")
        }
        return code
    }

    private mutating func ofTheWorld() throws(Scenario.Mistake) -> Scenario.Sentence {
        switch try oneOf(["manager", "clock", "agent", "memory", "disk", "record", "store"]) {
        case "manager":
            try expect("dies")
            return .managerDies
        case "clock":
            try expect("jumps")
            return .clockJumps(try duration())
        case "agent":
            let machine = try owner(.machine, "a machine")
            return .agent(of: machine, try oneOf(SimulatedGuest.Agent.allCases))
        case "memory":
            let machine = try owner(.machine, "a machine")
            try expect("is", "lost")
            return .memoryLost(of: machine)
        case "record":
            let machine = try owner(.machine, "a machine")
            try expect("is", "damaged")
            return .recordDamaged(of: machine)
        case "disk":
            let machine = try owner(.machine, "a machine")
            try expect("is", "full")
            return .diskFull(of: machine)
        default:
            let host = try owner(.host, "a host")
            guard try oneOf(["is", "has"]) == "has" else {
                try expect("full")
                return .store(of: host, isFull: true)
            }
            try expect("room", "again")
            return .store(of: host, isFull: false)
        }
    }

    private mutating func owner(_ role: ScenarioNames.Role, _ what: String) throws(Scenario.Mistake) -> String {
        try expect("of")
        return try name(role, what)
    }

    /// What somebody does, or what becomes of a host or a machine.
    private mutating func deed(of subject: Word) throws(Scenario.Mistake) -> Scenario.Sentence {
        let column = nextColumn
        let verb = try word("what “\(subject.text)” does, or “is”")
        func actor(_ role: ScenarioNames.Role) -> String {
            uses.append(.init(role: role, text: subject.text, column: subject.column))
            return subject.text
        }
        func done(_ deed: Scenario.Deed, _ machine: String) -> Scenario.Sentence { .deed(by: actor(.person), deed, of: machine) }
        switch verb {
        case "is": return try becomes(subject)
        case "reboots" where words.isEmpty: return .hostReboots(actor(.host))
        case "cancels":
            uses.append(.init(role: .askedBefore, text: verb, column: column))
            return .cancel(by: actor(.person))
        case "signs":
            try expect("in")
            return .signIn(actor(.person))
        case "launches":
            let template = try name(.template, "a template")
            return .launch(by: actor(.person), template: template, name: try name(after: "as", .newMachine, "the machine's name"))
        case "resizes":
            let machine = try machine()
            try expect("to")
            return done(.resize(try number(1...64)), machine)
        case "checkpoints":
            let machine = try machine()
            return done(.checkpoint(try name(after: "as", .newCheckpoint, "the checkpoint's name")), machine)
        case "returns":
            let machine = try machine()
            return done(.returnTo(try name(after: "to", .checkpoint, "a checkpoint")), machine)
        case "saves":
            let machine = try machine()
            return done(.saveAs(try name(after: "as", .savedTemplate, "the template's name")), machine)
        case "attaches":
            let disk = try name(.anyDisk, "a disk")
            return done(.attach(disk), try name(after: "to", .machine, "a machine"))
        case "detaches":
            let disk = try name(.disk, "a disk")
            return done(.detach(disk), try name(after: "from", .machine, "a machine"))
        default:
            guard let known = Self.verbs[verb] else {
                let others = ["attaches", "cancels", "checkpoints", "detaches", "launches", "resizes", "returns", "saves", "signs"]
                throw mistake(column, "“\(verb)” is no deed; there are \((Self.verbs.keys + others).sorted().joined(separator: ", "))")
            }
            return done(.verb(known), try machine())
        }
    }

    /// What stands behind “is”.
    private mutating func becomes(_ subject: Word) throws(Scenario.Mistake) -> Scenario.Sentence {
        let what = try oneOf(["cut", "back", "deaf", "mute", "slow", "killed"])
        uses.append(.init(role: what == "killed" ? .machine : .host, text: subject.text, column: subject.column))
        switch what {
        case "cut":
            try expect("off")
            return .reach(subject.text, .cutOff)
        case "back": return .reach(subject.text, .whole)
        case "deaf": return .reach(subject.text, .deaf)
        case "mute": return .reach(subject.text, .mute)
        case "slow": return .reach(subject.text, .slow)
        default: return .killed(subject.text)
        }
    }

    // MARK: Words

    private mutating func word(_ what: String) throws(Scenario.Mistake) -> String {
        guard let next = words.popFirst() else { throw mistake(length + 1, "\(what) is due here") }
        return next.text
    }

    private var nextColumn: Int { words.first?.column ?? length + 1 }

    private mutating func expect(_ texts: String...) throws(Scenario.Mistake) { for text in texts { _ = try oneOf([text]) } }

    /// A word that stands for something.
    private mutating func name(_ role: ScenarioNames.Role, _ what: String) throws(Scenario.Mistake) -> String {
        let column = nextColumn
        let text = try word(what)
        uses.append(.init(role: role, text: text, column: column))
        return text
    }

    private mutating func machine() throws(Scenario.Mistake) -> String { try name(.machine, "a machine") }

    private mutating func name(after text: String, _ role: ScenarioNames.Role, _ what: String) throws(Scenario.Mistake) -> String {
        try expect(text)
        return try name(role, what)
    }

    /// One of the values of a type that has words for all of them.
    private mutating func oneOf<Value: RawRepresentable<String>>(_ values: [Value]) throws(Scenario.Mistake) -> Value {
        let text = try oneOf(values.map(\.rawValue))
        guard let value = values.first(where: { $0.rawValue == text }) else { throw mistake(nextColumn, "“\(text)” cannot stand here") }
        return value
    }

    private mutating func oneOf(_ texts: [String]) throws(Scenario.Mistake) -> String {
        let column = nextColumn
        let next = try word(texts.joined(separator: ", "))
        guard texts.contains(next) else { throw mistake(column, "“\(next)” cannot stand here; \(texts.joined(separator: ", ")) is due") }
        return next
    }

    private mutating func number(_ range: ClosedRange<Int>) throws(Scenario.Mistake) -> Int {
        let column = nextColumn
        guard let number = Int(try word("a number")), range.contains(number) else {
            throw mistake(column, "a number from \(range.lowerBound) to \(range.upperBound) is due here")
        }
        return number
    }

    private mutating func duration() throws(Scenario.Mistake) -> Duration {
        let column = nextColumn
        guard let number = Int(try word("a number and a unit")), abs(number) <= 1_000_000 else {
            throw mistake(column, "a whole number of at most a million is due here")
        }
        let unit = try oneOf(["ms", "s", "min", "h", "d"])
        return (Self.units[unit] ?? .zero) * number
    }

    private func mistake(_ column: Int, _ reason: String) -> Scenario.Mistake {
        Scenario.Mistake(line: line, column: column, reason: reason)
    }
}
