// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudWorkflow
public import HypervisorSim

/// A story in a small language: a sentence a line, `#` begins a remark. Read whole before anything is told, so a mistake on the last line is
/// found at once, and so is a name that stands for nothing.
///
/// ```
/// hosts 2                              first, and once: how many, host-1, host-2 …; at most 10
/// template tiny on host-1              from then on everybody may launch it
/// people anna bela                     and there is admin, who may do everything
/// anna launches tiny as web            also: starts, suspends, wakes, shuts-down, forces-off, destroys, recovers, reboots, resets, pauses,
///                                      resumes, rebuilds, renews, each with a machine behind it
/// anna resizes web to 2                processors
/// anna checkpoints web as before       with its memory where it runs
/// anna returns web to before
/// anna saves web as golden             as a new template
/// anna attaches data to web            a data disk, new where there is none of that name; detaches data from web
/// anna cancels                         what was asked for last
/// anna signs in                        and has a token from then on
/// wait 20 s                            ms, s, min, h, d; in all a day at most
/// the manager dies                     the next one lives a second later
/// the clock jumps +1 d                 or back, -1 d
/// the agent of web hangs               or answers, lies, refuses, missing, mute
/// the memory of web is lost            what a suspended machine would be woken from
/// the disk of web is full              its host's store is: the machine is paused; the store of host-1 has room again
/// the record of web is damaged         it says what cannot be: a machine that runs on no host
/// the store of host-1 is full          nothing more fits into it
/// host-1 is cut off                    … is back: calls reach it again, and their answers come, in time
/// host-1 is mute                       calls reach it, and their answers do not come
/// host-1 is deaf                       calls do not reach it, and nobody says so
/// host-1 is slow                       every call takes ten seconds
/// host-1 reboots                       its machines are gone, its disks are not
/// web is killed                        the process of a machine on its host
/// faults answer-lost 300               so many in 100,000; also what else ``Faults`` names: call-doubled, host-crashes, clock-jumps …
/// expect web running                   a state of the records
/// expect refused state-forbids         the last deed was refused at once
/// expect done                          the last deed was taken, and ended so; also: undone, superseded
/// expect failed guest-ended            the last deed was taken, and failed for this reason
/// expect 1 of golden                   so many revisions has a template
/// expect anna signed-in                her token is taken
/// expect clean                         records and hosts agree, every operation has ended, no rule was broken, and for half a minute from then
///                                      no host is told anything
/// ```
public struct Scenario: Sendable, Hashable {
    /// What is wrong with a text, and where.
    public struct Mistake: Error, Sendable, Hashable, CustomStringConvertible {
        /// The line, from 1.
        public let line: Int
        /// The character in it, from 1.
        public let column: Int
        /// What is wrong there, and what would be right.
        public let reason: String
        /// `3:7: reason`
        public var description: String { "\(line):\(column): \(reason)" }
    }

    /// What somebody does to a machine.
    public enum Deed: Sendable, Hashable {
        /// A verb that needs no more than the machine.
        case verb(Verb)
        /// So many processors.
        case resize(Int)
        /// By the name that the checkpoint is to have.
        case checkpoint(String)
        /// To the checkpoint of a name.
        case returnTo(String)
        /// As a new template of a name.
        case saveAs(String)
        /// A data disk of a name.
        case attach(String), detach(String)
    }

    /// What becomes of a host's calls.
    public enum Reach: String, Sendable, Hashable {
        /// As it should be.
        case whole
        /// Calls do not arrive.
        case cutOff
        /// Answers do not come.
        case mute
        /// Calls do not arrive, and nobody says so.
        case deaf
        /// Every call takes ten seconds.
        case slow
    }

    /// How what was asked for last came to its end.
    public enum End: Sendable, Hashable {
        /// `done`, `undone`, `superseded`.
        case state(RunState)
        /// It failed for this reason.
        case failed(ErrorCode)
    }

    /// One sentence. What it names is there: it was named in a line before, or is from here on.
    public enum Sentence: Sendable, Hashable {
        /// So many hosts, and from then on an administrator.
        case hosts(Int)
        /// A template of a name, whose image is on a host; everybody may launch it.
        case template(String, host: String)
        /// People by their logins.
        case people([String])
        /// Somebody asks for a machine of a template, started at once.
        case launch(by: String, template: String, name: String)
        /// Somebody asks for something to be done to a machine.
        case deed(by: String, Deed, of: String)
        /// Somebody calls off what was asked for last.
        case cancel(by: String)
        /// Somebody gets a token.
        case signIn(String)
        /// Time goes by.
        case wait(Duration)
        /// The manager ends as by a loss of power.
        case managerDies
        /// From now on this becomes of the calls of a host.
        case reach(String, Reach)
        /// A host boots anew.
        case hostReboots(String)
        /// The process of a machine ends.
        case killed(String)
        /// From now on the agent of a machine does this.
        case agent(of: String, SimulatedGuest.Agent)
        /// The saved memory of a machine is gone.
        case memoryLost(of: String)
        /// A machine writes into a full store, and is paused by its host.
        case diskFull(of: String)
        /// The record of a machine says that it runs on no host.
        case recordDamaged(of: String)
        /// The store of a host has no room, or room again.
        case store(of: String, isFull: Bool)
        /// The managers' wall clock is set by so much.
        case clockJumps(Duration)
        /// From now on something goes wrong so often in 100,000 times; 0 for never.
        case faults(String, Int)
        /// By the records a machine is in this state.
        case expectState(of: String, InstanceState)
        /// The last deed was refused at once, for this reason.
        case expectRefused(ErrorCode)
        /// The last deed was taken, and what was asked for ended so.
        case expectEnd(End)
        /// A template has so many revisions.
        case expectRevisions(of: String, Int)
        /// The token of somebody is taken, and is theirs.
        case expectSignedIn(String)
        /// Records and hosts agree, nothing is open or lost, no rule was broken, and for half a minute no host is told anything.
        case expectClean
    }

    /// The sentences with their lines, in order.
    public let sentences: [(line: Int, sentence: Sentence)]
    /// What the lines say, without remarks.
    let texts: [String]

    /// Whether two say the same on the same lines.
    public static func == (left: Self, right: Self) -> Bool {
        left.sentences.elementsEqual(right.sentences) { $0.line == $1.line && $0.sentence == $1.sentence }
    }
    /// By the sentences.
    public func hash(into hasher: inout Hasher) {
        for (line, sentence) in sentences {
            hasher.combine(line)
            hasher.combine(sentence)
        }
    }

    /// Reads a text. Throws ``Mistake``.
    public init(_ text: some StringProtocol) throws(Mistake) {
        var (sentences, texts, names) = ([(line: Int, sentence: Sentence)](), [String](), ScenarioNames())
        // A file of Windows has its lines ended by two characters, which are one here.
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var reader = LineReader(line, number: index + 1)
            texts.append(reader.said)
            if let sentence = try reader.sentence(&names) { sentences.append((index + 1, sentence)) }
        }
        guard !sentences.isEmpty else { throw Mistake(line: 1, column: 1, reason: "there is no sentence here; “hosts 1” begins a story") }
        self.sentences = sentences
        self.texts = texts
    }
}
