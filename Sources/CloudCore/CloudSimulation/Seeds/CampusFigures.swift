// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudOperations
import CloudWorkflow

extension CampusStory {
    /// What became of requests. Those that are neither acknowledged nor refused nobody answered: the manager was away, died meanwhile, or
    /// its disk took no changes.
    public struct Requests: Hashable, Sendable {
        /// How many were made.
        public private(set) var asked = 0
        /// Taken: from then on they must not be lost.
        public private(set) var acknowledged = 0
        /// Refused at once, and nothing happened.
        public private(set) var refused = 0
        /// Taken, and ended as asked.
        public private(set) var done = 0
        /// Taken, refused later, and taken back.
        public private(set) var undone = 0
        /// Taken, and taken over by others.
        public private(set) var superseded = 0

        mutating func count(_ answer: Answer, _ state: RunState?) {
            asked += 1
            switch answer {
            case .acknowledged: acknowledged += 1
            case .refused: refused += 1
            case .unanswered: break
            }
            switch state {
            case .done: done += 1
            case .undone: undone += 1
            case .superseded: superseded += 1
            default: break
            }
        }

        /// Both together.
        public static func + (left: Self, right: Self) -> Self {
            var sum = left
            sum.asked += right.asked
            sum.acknowledged += right.acknowledged
            sum.refused += right.refused
            sum.done += right.done
            sum.undone += right.undone
            sum.superseded += right.superseded
            return sum
        }
    }

    /// One request.
    struct Request: Sendable {
        let verb: Verb
        let answer: Answer
    }

    /// What somebody was told who asked.
    enum Answer: Sendable, CustomStringConvertible {
        case acknowledged(ID<OperationKind>)
        case refused(ErrorCode)
        /// Nothing that says what became of it.
        case unanswered

        /// What a manager answers after a while; nil where there was nothing to ask it for.
        init?(
            after pause: Duration, _ cloud: SimulatedCloud, _ ask: (Cloud) async throws -> ID<OperationKind>?
        ) async {
            do {
                try await cloud.wait(pause)
                guard let operation = try await cloud.ask(ask) else { return nil }
                self = .acknowledged(operation)
            } catch let refusal as CloudError where refusal.code != .storeUnavailable { self = .refused(refusal.code) } catch {
                self = .unanswered
            }
        }

        var description: String {
            switch self {
            case .acknowledged(let operation): operation.text
            case .refused(let code): "refused, \(code.rawValue)"
            case .unanswered: "nobody answers"
            }
        }
    }
}

/// What a run of seeds came to, and whether it shows anything: a campus that refuses everything breaks no rule, and neither does one in
/// which nothing goes wrong.
public struct CampusFigures: Sendable {
    /// How many seeds were told.
    public private(set) var seeds = 0
    /// Of them, in how many a manager died at least once.
    public private(set) var crashRuns = 0
    /// How many managers died.
    public private(set) var crashes = 0
    /// How many steps there were.
    public private(set) var steps = 0
    /// What was asked for, by verb.
    public private(set) var requests: [Verb: CampusStory.Requests] = [:]

    /// Of no seed.
    public init() {}

    /// Adds what became of a seed.
    public mutating func add(_ told: CampusStory.Told) {
        seeds += 1
        crashRuns += told.crashes > 0 ? 1 : 0
        crashes += told.crashes
        steps += told.steps
        requests.merge(told.requests, uniquingKeysWith: +)
    }

    /// All requests.
    public var total: CampusStory.Requests { requests.values.reduce(CampusStory.Requests(), +) }

    /// From so many seeds on a run is judged: fewer may be unlucky.
    public static let leastSeeds = 100
    /// From so many on each verb by itself too.
    public static let leastSeedsOfVerbs = 1000
    /// Of a hundred requests so many are acknowledged at least; measured are 80.
    static let leastAcknowledged = 40
    /// Of a hundred that were acknowledged so many end as asked at least; measured are 95.
    static let leastDone = 40

    /// Why the run shows too little, a sentence each; none for one that shows enough, and for one of fewer seeds than are judged.
    public func shortcomings(from least: Int = Self.leastSeeds, ofVerbs leastOfVerbs: Int = Self.leastSeedsOfVerbs) -> [String] {
        guard seeds >= least else { return [] }
        let total = total
        var sentences: [String] = []
        if total.acknowledged * 100 < total.asked * Self.leastAcknowledged || total.asked == 0 {
            sentences.append(
                "of \(total.asked) requests \(total.acknowledged) were acknowledged, fewer than \(Self.leastAcknowledged) of a hundred")
        }
        if total.done * 100 < total.acknowledged * Self.leastDone || total.done == 0 {
            sentences.append(
                "of \(total.acknowledged) acknowledged requests \(total.done) ended as asked, fewer than \(Self.leastDone) of a hundred")
        }
        for verb in Set(CampusWishes.verbs).sorted(by: { $0.rawValue < $1.rawValue }) where seeds >= leastOfVerbs {
            let requests = requests[verb] ?? CampusStory.Requests()
            if requests.done == 0 { sentences.append("of \(requests.asked) requests for \(verb.rawValue) none ended as asked") }
        }
        if crashes == 0 { sentences.append("no manager died in \(seeds) seeds") }
        return sentences
    }
}
