// SPDX-License-Identifier: Apache-2.0

import CloudAPI

/// What goes wrong on this side of the API.
enum CommandFailure: Error, Equatable {
    /// The settings cannot be used.
    case settings(String)
    /// The arguments fit together badly.
    case usage(String, next: String)
    /// Nothing has the name: what was looked for, its name, names that are like it.
    case noSuch(String, String, like: [String])
    /// A thing has no such part: what was looked for of what, its name, names that are like it, the command that shows the parts.
    case noPart(String, String, like: [String], next: String)
    /// Several things have the name: what was looked for, its name, ids with a word about each.
    case ambiguous(String, String, [String])
    /// The question was answered with no.
    case declined
    /// A file cannot be used.
    case file(String, reason: String)
    /// The cloud refused something about a thing that was named: its name, its id, the refusal.
    case refused(String, id: String, Problem)
    /// Some checks of `doctor` found something wrong.
    case unwell(Int)
    /// Records and hosts differ in so many places.
    case differences(Int)
    /// An instance that is to be taken out of the trash is not in it: its name, id and state.
    case living(String, id: String, state: String)
    /// An instance that is named is in the trash, and none that lives has the name: the name, and the ids of those that are there.
    case trashed(String, ids: [String])
    /// The cloud went away while it was waited for: its address, why, what goes on there, the names of what may have begun or not, and those
    /// of what was not asked for any more.
    case away(String, String, [GoingOn], unknown: [String] = [], untouched: [String] = [])
    /// Operations did not end well or were refused, out of so many.
    case operations([FailedOperation], of: Int)
}

/// An operation that goes on, whoever waits for it.
struct GoingOn: Equatable {
    /// What it is about, for people.
    let label: String
    /// Its id.
    let id: String
}

/// An operation that did not end well, or was refused.
struct FailedOperation: Equatable {
    /// What it was about, for people.
    let label: String
    /// The operation; nil where it was refused.
    let operation: OperationBody?
    /// Why; nil where the cloud does not say.
    let problem: Problem?
    /// Why, for people; nil where the cloud does not say.
    let words: String?

    /// One that has ended, or is stuck.
    init(label: String, operation: OperationBody) {
        self.label = label
        self.operation = operation
        problem = operation.failure ?? operation.stuck?.problem
        words = problem?.detail
    }

    /// One that did not begin, and why in words with its name.
    init(label: String, refusal: Problem, words: String) {
        self.label = label
        operation = nil
        problem = refusal
        self.words = words
    }

    /// What a script learns of it.
    var status: ExitStatus { problem.map(ExitStatus.init) ?? .failed }
}
