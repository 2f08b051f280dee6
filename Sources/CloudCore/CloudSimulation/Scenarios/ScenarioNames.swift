// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// What a story has named so far, while it is read: so a name that stands for nothing is found where it stands, before anything begins.
struct ScenarioNames {
    /// What a word of a sentence is to stand for.
    enum Role: Hashable {
        /// How many hosts there are, said once and first.
        case hosts(Int)
        /// A person, template, machine or checkpoint that is to be there from here on.
        case newPerson, newTemplate, newMachine, newCheckpoint
        /// A template that a machine is saved as: the same may be tried again.
        case savedTemplate
        /// A data disk, new where there is none of the name.
        case anyDisk
        /// What is there already.
        case host, person, template, machine, checkpoint, disk
        /// No name: what was asked for before, with which the sentence goes on.
        case askedBefore
    }

    /// A word with its role.
    struct Use {
        let role: Role
        let text: String
        let column: Int
    }

    private var hosts: Int?
    private var people: Set<String> = []
    private var templates: Set<String> = []
    private var machines: Set<String> = []
    private var checkpoints: Set<String> = []
    private var disks: Set<String> = []

    /// How long the story waits, in all.
    private var waited = Duration.zero
    /// The words with which sentences begin that are not somebody's: who were called so could do nothing.
    private static let reserved: Set = ["expect", "faults", "hosts", "people", "template", "the", "wait"]

    /// Adds to what the story waits in all; false where that is longer than anybody would wait for its telling.
    mutating func waits(_ duration: Duration) -> Bool {
        waited += duration
        return waited <= .seconds(86_400)
    }

    /// Whether anybody has asked for anything.
    private var isAsked = false

    /// The number of a host by its name, from 1; nil for what is none.
    static func number(ofHost name: some StringProtocol) -> Int? {
        guard let number = Int(name.trimmingPrefix("host-")), number > 0, name == "host-\(number)" else { return nil }
        return number
    }

    /// The names of one sentence, in order.
    mutating func take(_ uses: [Use], line: Int) throws(Scenario.Mistake) {
        for use in uses {
            if let reason = take(use) { throw Scenario.Mistake(line: line, column: use.column, reason: reason) }
        }
    }

    /// Takes a name, or says what is wrong with it.
    private mutating func take(_ use: Use) -> String? {
        let name = use.text
        switch use.role {
        case .hosts(let count):
            guard hosts == nil else { return "how many hosts there are is said once" }
            hosts = count
            people.insert(SimulatedSite.administratorLogin)
        case .newPerson:
            guard hosts != nil else { return "“hosts” comes before people" }
            if let reason = Self.reason(againstSubject: name) { return reason }
            guard User.isLogin(name) else { return "“\(name)” is no login: 1 to 64 lower-case letters, digits, . - _ @" }
            guard people.insert(name).inserted else { return "“\(name)” is there already" }
        case .newTemplate:
            if let reason = Self.reason(against: name) { return reason }
            guard templates.insert(name).inserted else { return "there is a template “\(name)” already" }
        case .savedTemplate: return take(name, into: &templates)
        case .newMachine:
            isAsked = true
            return Self.reason(againstSubject: name) ?? take(name, into: &machines)
        case .newCheckpoint: return take(name, into: &checkpoints)
        case .anyDisk: disks.insert(name)
        case .host:
            guard let hosts else { return "“hosts” comes before “\(name)”" }
            guard let number = Self.number(ofHost: name), number <= hosts else {
                return "there is no host “\(name)”; there are host-1 to host-\(hosts)"
            }
        case .person: return missing("person", name, in: people)
        case .template: return missing("template", name, in: templates)
        case .machine: return missing("machine", name, in: machines)
        case .checkpoint: return missing("checkpoint", name, in: checkpoints)
        case .disk: return missing("disk", name, in: disks)
        case .askedBefore: if !isAsked { return "nobody has asked for anything before" }
        }
        return nil
    }

    /// Why no sentence could begin with a name.
    private static func reason(againstSubject name: String) -> String? {
        if reserved.contains(name) { return "“\(name)” begins sentences of another kind; another name is due here" }
        return number(ofHost: name).map { _ in "“\(name)” is a host's name; another is due here" }
    }

    private static func reason(against name: String) -> String? {
        do throws(CloudError) { _ = try DisplayName(name) } catch { return error.parameters["reason"] ?? "“\(name)” is no name" }
        return nil
    }

    private func take(_ name: String, into names: inout Set<String>) -> String? {
        names.insert(name)
        return Self.reason(against: name)
    }

    private func missing(_ what: String, _ name: String, in names: Set<String>) -> String? {
        guard !names.contains(name) else { return nil }
        let known = names.sorted().joined(separator: ", ")
        return "there is no \(what) “\(name)” here; " + (known.isEmpty ? "there is none yet" : "there are \(known)")
    }
}
