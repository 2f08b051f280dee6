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
        for piece in said.split(separator: " ", omittingEmptySubsequences: false) {
            if !piece.isEmpty { words.append(Word(text: String(piece), column: column)) }
            column += piece.count + 1
        }
        self.words = words[...]
        length = said.count
        self.said = words.map(\.text).joined(separator: " ")
    }

    mutating func sentence() throws(Scenario.Mistake) -> Scenario.Sentence? {
        guard let first = words.popFirst() else { return nil }
        let sentence: Scenario.Sentence
        switch first.text {
        case "hosts": sentence = .hosts(try number(1...64))
        case "template":
            let name = try word("a template's name")
            try expect("on")
            sentence = .template(name, host: try word("a host"))
        case "people":
            var people = [try word("a person")]
            while let next = words.popFirst() { people.append(next.text) }
            sentence = .people(people)
        case "wait": sentence = .wait(try duration())
        case "faults": sentence = .faults(try oneOf(Faults.names), try number(0...100_000))
        case "expect": sentence = try expectation()
        case "the": sentence = try ofTheWorld()
        default: sentence = try deed(of: first.text)
        }
        if let more = words.first { throw mistake(more.column, "the sentence ends before “\(more.text)”") }
        return sentence
    }

    private mutating func expectation() throws(Scenario.Mistake) -> Scenario.Sentence {
        let what = try word("clean, done, undone, superseded, refused, failed, a number or a machine")
        if let end = RunState(rawValue: what), end.isTerminal { return .expectEnd(.state(end)) }
        switch what {
        case "clean": return .expectClean
        case "refused": return .expectRefused(try errorCode())
        case "failed": return .expectEnd(.failed(try errorCode()))
        default:
            if let count = Int(what) {
                try expect("of")
                return .expectRevisions(of: try word("a template"), count)
            }
            if words.first?.text == "signed-in" {
                words.removeFirst()
                return .expectSignedIn(what)
            }
            return .expectState(of: what, try oneOf(InstanceState.allCases))
        }
    }

    private mutating func errorCode() throws(Scenario.Mistake) -> ErrorCode {
        let column = nextColumn
        guard let code = ErrorCode(rawValue: try word("an error's code")) else { throw mistake(column, "there is no such error") }
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
            let machine = try owner("a machine")
            return .agent(of: machine, try oneOf(SimulatedGuest.Agent.allCases))
        case "memory":
            let machine = try owner("a machine")
            try expect("is", "lost")
            return .memoryLost(of: machine)
        case "record":
            let machine = try owner("a machine")
            try expect("is", "damaged")
            return .recordDamaged(of: machine)
        case "disk":
            let machine = try owner("a machine")
            try expect("is", "full")
            return .diskFull(of: machine)
        default:
            let host = try owner("a host")
            guard try oneOf(["is", "has"]) == "has" else {
                try expect("full")
                return .store(of: host, isFull: true)
            }
            try expect("room", "again")
            return .store(of: host, isFull: false)
        }
    }

    private mutating func owner(_ what: String) throws(Scenario.Mistake) -> String {
        try expect("of")
        return try word(what)
    }

    /// What somebody does, or what becomes of a host or a machine.
    private mutating func deed(of subject: String) throws(Scenario.Mistake) -> Scenario.Sentence {
        let column = nextColumn
        let verb = try word("what “\(subject)” does, or “is”")
        func done(_ deed: Scenario.Deed, _ machine: String) -> Scenario.Sentence { .deed(by: subject, deed, of: machine) }
        switch verb {
        case "is": return try becomes(subject)
        case "reboots" where words.isEmpty: return .hostReboots(subject)
        case "cancels": return .cancel(by: subject)
        case "signs":
            try expect("in")
            return .signIn(subject)
        case "launches":
            let template = try word("a template")
            return .launch(by: subject, template: template, name: try name(after: "as", "the machine's name"))
        case "resizes":
            let machine = try word("a machine")
            try expect("to")
            return done(.resize(try number(1...64)), machine)
        case "checkpoints":
            let machine = try word("a machine")
            return done(.checkpoint(try name(after: "as", "the checkpoint's name")), machine)
        case "returns":
            let machine = try word("a machine")
            return done(.returnTo(try name(after: "to", "a checkpoint")), machine)
        case "saves":
            let machine = try word("a machine")
            return done(.saveAs(try name(after: "as", "the template's name")), machine)
        case "attaches":
            let disk = try word("a disk")
            return done(.attach(disk), try name(after: "to", "a machine"))
        case "detaches":
            let disk = try word("a disk")
            return done(.detach(disk), try name(after: "from", "a machine"))
        default:
            guard let known = Self.verbs[verb] else {
                let others = ["attaches", "cancels", "checkpoints", "detaches", "launches", "resizes", "returns", "saves", "signs"]
                throw mistake(column, "“\(verb)” is no deed; there are \((Self.verbs.keys + others).sorted().joined(separator: ", "))")
            }
            return done(.verb(known), try word("a machine"))
        }
    }

    /// What stands behind “is”.
    private mutating func becomes(_ subject: String) throws(Scenario.Mistake) -> Scenario.Sentence {
        switch try oneOf(["cut", "back", "deaf", "mute", "slow", "killed"]) {
        case "cut":
            try expect("off")
            return .reach(subject, .cutOff)
        case "back": return .reach(subject, .whole)
        case "deaf": return .reach(subject, .deaf)
        case "mute": return .reach(subject, .mute)
        case "slow": return .reach(subject, .slow)
        default: return .killed(subject)
        }
    }

    // MARK: Words

    private mutating func word(_ what: String) throws(Scenario.Mistake) -> String {
        guard let next = words.popFirst() else { throw mistake(length + 1, "\(what) is due here") }
        return next.text
    }

    private var nextColumn: Int { words.first?.column ?? length + 1 }

    private mutating func expect(_ texts: String...) throws(Scenario.Mistake) { for text in texts { _ = try oneOf([text]) } }

    private mutating func name(after text: String, _ what: String) throws(Scenario.Mistake) -> String {
        try expect(text)
        return try word(what)
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
