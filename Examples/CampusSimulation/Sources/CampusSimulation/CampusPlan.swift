// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Foundation

/// A campus as its file describes it: departments with a cloud each, a timetable, what breaks and when. README.md shows the lines.
struct CampusPlan: Sendable {
    struct Template: Sendable {
        let cpus: Int
        let memory: ByteCount
        /// From power to the guest's first answer.
        let boots: Duration
    }
    /// A class that comes back every week.
    struct Slot: Sendable, Hashable {
        let begins: Duration
        let ends: Duration
    }
    struct Department: Sendable {
        let name: String
        let hosts: Int
        let students: Int
        let template: String
        let timetable: String
    }
    struct Fault: Sendable {
        enum Kind: Sendable { case cutOff(host: Int, Duration), managerDies }
        let department: String
        let at: Timestamp
        let kind: Kind
        let line: Int
    }
    /// One class in one week.
    struct Lesson: Sendable {
        let begins: Timestamp
        let ends: Timestamp
        /// Who is in it, by number.
        let students: [Int]
        let faults: [Fault]
    }
    struct Mistake: Error, CustomStringConvertible {
        let line: Int
        let reason: String
        var description: String { "line \(line): \(reason)" }
    }

    private(set) var name = "campus"
    private(set) var begins = Timestamp(seconds: 0)
    private(set) var weeks = 1
    private var free: Set<Int> = []
    private(set) var templates: [String: Template] = [:]
    private var timetables: [String: [Slot]] = [:]
    /// How many weeks lie between two classes of one student.
    private var rhythms: [String: Int] = [:]
    private(set) var departments: [Department] = []
    private(set) var faults: [Fault] = []
    /// The line of everything that stands once: of two the later would win, and nobody would know.
    private var lines: [String: Int] = [:]

    /// A fault is told while a class begins: what happens between classes is not simulated.
    static let begin = Duration.seconds(600)

    init(_ text: String) throws {
        var open: String?
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var words = try Words(line, number: index + 1)
            guard let first = words.first else { continue }
            if let day = Words.days.firstIndex(of: first) {
                guard let open else { throw words.mistake("a timetable comes first") }
                let slot = try words.slot(on: day)
                try note("this class of “\(open)”", beginning: slot.begins, words)
                timetables[open, default: []].append(slot)
            } else {
                open = nil
                switch first {
                case "campus":
                    try note("the campus", words)
                    name = try words.word("the campus's name")
                case "begins":
                    try note("the beginning", words)
                    begins = try words.date()
                case "weeks":
                    try note("the number of weeks", words)
                    weeks = try words.number("how many weeks", 1...53)
                case "free":
                    let week = try week(&words)
                    try note("free week \(week)", words)
                    free.insert(week)
                case "template":
                    let name = try words.word("the template's name")
                    try note("template “\(name)”", words)
                    templates[name] = Template(
                        cpus: try words.number("its processors", 1...64),
                        memory: .mebibytes(Int64(try words.number("its MiB", 64...262_144))),
                        boots: .seconds(try words.number("the seconds of its boot", 1...250)))
                case "timetable":
                    let name = try words.word("the timetable's name")
                    try note("timetable “\(name)”", words)
                    (open, timetables[name]) = (name, [])
                    if try words.goesOn(with: "every") { rhythms[name] = try words.number("every how many weeks", 1...8) }
                case "department":
                    let department = try department(&words)
                    departments.append(department)
                case "fault":
                    let fault = try fault(&words)
                    faults.append(fault)
                default: throw words.mistake("“\(first)” begins no line")
                }
            }
            try words.end()
        }
        guard !departments.isEmpty else { throw Mistake(line: 1, reason: "there is no department") }
        guard lines["the beginning"] != nil, lines["the number of weeks"] != nil else {
            throw Mistake(line: 1, reason: "“begins” and “weeks” are not both there")
        }
        guard free.count < weeks else { throw Mistake(line: 1, reason: "every week is free") }
        let told = Set(departments.flatMap { lessons(of: $0) }.flatMap(\.faults).map(\.line))
        if let fault = faults.first(where: { !told.contains($0.line) }) {
            throw Mistake(line: fault.line, reason: "no class of \(fault.department) begins in the ten minutes before it")
        }
    }

    private mutating func note(_ thing: String, beginning: Duration? = nil, _ words: Words) throws {
        let key = beginning.map { "\(thing) \($0)" } ?? thing
        if let line = lines.updateValue(words.number, forKey: key) { throw words.mistake("\(thing) is there already, in line \(line)") }
    }

    /// A week of the semester, whose length has to be known by then.
    private func week(_ words: inout Words) throws -> Int {
        guard lines["the beginning"] != nil, lines["the number of weeks"] != nil else {
            throw words.mistake("“begins” and “weeks” come first")
        }
        return try words.number("a week", 1...weeks)
    }

    private mutating func department(_ words: inout Words) throws -> Department {
        let department = Department(
            name: try words.word("the department's name"), hosts: try words.number("its hosts", 1...10),
            students: try words.number("its students", 1...2000), template: try words.word("a template"),
            timetable: try words.word("a timetable"))
        try note("department “\(department.name)”", words)
        guard templates[department.template] != nil else { throw words.mistake("there is no template “\(department.template)” above") }
        guard timetables[department.timetable]?.isEmpty == false else {
            throw words.mistake("there is no timetable “\(department.timetable)” above")
        }
        return department
    }

    private mutating func fault(_ words: inout Words) throws -> Fault {
        let name = try words.word("a department")
        guard let department = departments.first(where: { $0.name == name }) else {
            throw words.mistake("there is no department “\(name)” above")
        }
        let week = try week(&words)
        let moment = try words.moment()
        let at = begins + .seconds(7 * 86_400 * (week - 1)) + moment
        let what = try words.word("“manager-dies” or “host”")
        switch what {
        case "manager-dies":
            try note("this death of \(name)'s manager", beginning: at - begins, words)
            return Fault(department: name, at: at, kind: .managerDies, line: words.number)
        case "host":
            let host = try words.number("the host's number", 1...department.hosts)
            try note("this silence of \(name)'s host \(host)", beginning: at - begins, words)
            let minutes = try words.number("for how many minutes", 1...60)
            return Fault(department: name, at: at, kind: .cutOff(host: host, .seconds(60 * minutes)), line: words.number)
        default: throw words.mistake("“\(what)” is neither “manager-dies” nor “host”")
        }
    }

    /// The classes of a department over the semester, in order. Its students are dealt to the classes of a week; where a class comes back
    /// every second week only, half of them come in the one and half in the other.
    func lessons(of department: Department) -> [Lesson] {
        let slots = (timetables[department.timetable] ?? []).sorted { $0.begins < $1.begins }
        let rhythm = rhythms[department.timetable] ?? 1
        return (1...weeks).filter { !free.contains($0) }.enumerated().flatMap { number, week in
            slots.enumerated().map { index, slot in
                let monday = begins + .seconds(7 * 86_400 * (week - 1))
                let (from, until) = (monday + slot.begins, monday + slot.ends)
                let mine = faults.filter { $0.department == department.name && $0.at >= from && $0.at < from + Self.begin }
                let group = index + slots.count * (number % rhythm)
                let students = (0..<department.students).filter { $0 % (slots.count * rhythm) == group }
                return Lesson(begins: from, ends: until, students: students, faults: mine)
            }
        }
    }
}

/// The words of one line, taken one by one; a mistake knows its line.
private struct Words {
    static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    let number: Int
    let first: String?
    private var rest: ArraySlice<Substring>

    init(_ line: Substring, number: Int) throws {
        self.number = number
        let text = line.split(separator: "#", omittingEmptySubsequences: false).first ?? ""
        let words = text.split { $0 == " " || $0 == "\t" }
        first = words.first.map(String.init)
        rest = words.dropFirst()
        if let scalar = words.joined().unicodeScalars.first(where: Self.isUnprintable) {
            throw mistake("U+\(String(scalar.value, radix: 16, uppercase: true)) is no character that can be shown")
        }
    }

    /// Names are written into a chart, and XML has no way to write these.
    private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.value & 0xFFFE == 0xFFFE
    }

    func mistake(_ reason: String) -> CampusPlan.Mistake { CampusPlan.Mistake(line: number, reason: reason) }
    func end() throws { if let word = rest.first { throw mistake("“\(word)” is one word too many") } }

    /// Takes a word that may be there.
    mutating func goesOn(with word: Substring) throws -> Bool {
        guard let next = rest.popFirst() else { return false }
        guard next == word else { throw mistake("“\(next)” is not “\(word)”") }
        return true
    }

    mutating func word(_ what: String) throws -> String {
        guard let word = rest.popFirst() else { throw mistake("\(what) is missing") }
        return String(word)
    }

    mutating func number(_ what: String, _ bounds: ClosedRange<Int>) throws -> Int {
        let word = try word(what)
        guard let number = Int(word), bounds.contains(number) else {
            throw mistake("\(what): “\(word)” is no number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    mutating func date() throws -> Timestamp {
        let word = try word("a Monday")
        // Written back it is the same: the 30th of February is read as a day in March.
        guard let date = try? Date(word + "T00:00:00Z", strategy: .iso8601), date.ISO8601Format() == word + "T00:00:00Z" else {
            throw mistake("“\(word)” is no date")
        }
        // 1970 began on a Thursday.
        let seconds = Int64(date.timeIntervalSince1970)
        guard (seconds / 86_400 + 3) % 7 == 0 else { throw mistake("\(word) is no Monday") }
        return Timestamp(seconds: seconds)
    }

    /// `Monday 08:15`, since the beginning of the week.
    mutating func moment() throws -> Duration {
        let name = try word("a day")
        guard let day = Self.days.firstIndex(of: name) else { throw mistake("“\(name)” is no day") }
        return try time(word("a time"), on: day)
    }

    /// `08:15-09:45`, on a day of the week.
    mutating func slot(on day: Int) throws -> CampusPlan.Slot {
        let times = try word("from when to when").split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard times.count == 2 else { throw mistake("write a class as 08:15-09:45") }
        let slot = CampusPlan.Slot(begins: try time(times[0], on: day), ends: try time(times[1], on: day))
        guard slot.ends >= slot.begins + .seconds(1800) else { throw mistake("a class lasts at least half an hour") }
        return slot
    }

    private func time(_ text: String, on day: Int) throws -> Duration {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hour = Self.number(parts[0], below: 24), let minute = Self.number(parts[1], below: 60) else {
            throw mistake("“\(text)” is no time")
        }
        return .seconds(86_400 * day + 3600 * hour + 60 * minute)
    }

    /// One or two digits, and nothing else.
    private static func number(_ text: Substring, below bound: Int) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
            return nil
        }
        return number < bound ? number : nil
    }
}
