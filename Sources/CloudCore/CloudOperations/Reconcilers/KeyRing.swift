// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor

/// Brings changed keys to the machines that run: whoever may operate a machine logs in to it with the keys of now (CIRCLE), and reads there
/// when its lease ends, once its owners were warned (`StoreView.dueNotes`). Compares, for
/// each free running instance whose template has an agent, what its guest was told with what is due, and begins ``InstallKeys``; or
/// ``SetPassword`` with the password of which nobody knows whether the guest took it.
///
/// Takes no input and may run at any time. Agents are asked at the same time whether they answer, before anything begins, so a silent one
/// holds up nobody and leaves no operation behind; it is asked again later and later (`KeyPlan`).
public struct KeyRing: Sendable {
    /// What a pass did.
    public struct Report: Sendable {
        /// Instances whose guests are being told, in order.
        public fileprivate(set) var begun: [ID<InstanceKind>] = []
        /// Instances whose agents do not answer, in order.
        public fileprivate(set) var silent: [ID<InstanceKind>] = []
        /// Instances where a verb came first, or that changed meanwhile, and why.
        public fileprivate(set) var refused: [ID<InstanceKind>: CloudError] = [:]
        /// Instances of which nobody knows what is due, because a row of theirs or of their people cannot be read, and why.
        public fileprivate(set) var unread: [ID<InstanceKind>: any Error] = [:]
        /// Instances of which the password in doubt cannot be opened, at each of their turns, which come later and later; and why.
        public fileprivate(set) var unopened: [ID<InstanceKind>: CloudError] = [:]
        /// Whether more are due than `KeyPlan.budget`.
        public fileprivate(set) var isOverBudget = false
    }

    let cloud: Cloud

    /// The key ring of a cloud.
    public init(cloud: Cloud) { self.cloud = cloud }

    /// One pass.
    /// - Parameter driving: whether what follows is driven to its end in this task, for a cloud that nobody serves.
    /// - Throws: what the store failed with.
    public func pass(driving: Bool = false) async throws -> Report {
        let now = cloud.world.clock.now()
        let (facts, unread) = try await cloud.world.store.read { try $0.keyFacts(at: now) }
        let plan = KeyPlan(facts, at: now)
        var report = Report()
        report.unread = unread
        report.isOverBudget = plan.isOverBudget
        // Counted before: what is done takes its count back, and what is refused later was counted.
        try await noteTries(plan.due.map(\.instance), at: now)
        let answering = try await answering(plan.due)
        report.silent = plan.due.filter { !answering.contains($0.instance) }.map(\.instance)
        for fact in plan.due where answering.contains(fact.instance) {
            do {
                if try await tell(fact, driving: driving, &report) { report.begun.append(fact.instance) }
            } catch let refusal as CloudError { report.refused[fact.instance] = refusal }
        }
        return report
    }

    /// Tells a guest what it is the turn of; whether there was anything to tell. A password that cannot be opened gives its turn to the keys.
    private func tell(_ fact: KeyPlan.Fact, driving: Bool, _ report: inout Report) async throws -> Bool {
        if let doubt = fact.turn {
            do {
                try await settle(doubt, of: fact.instance, driving: driving)
                return true
            } catch let refusal as CloudError where refusal.code == .passwordSealed {
                report.unopened[fact.instance] = refusal
                guard fact.hasOtherKeys else { return false }
            }
        }
        try await cloud.begin(InstallKeys(by: .theCloud, instance: fact.instance), driving: driving)
        return true
    }

    /// Nobody else's password is set back to one in doubt: where it is not in doubt any more, nothing begins.
    func settle(_ doubt: KeyPlan.Doubt, of instance: ID<InstanceKind>, driving: Bool) async throws {
        let password = Secret(try cloud.world.open(doubt.sealed, of: instance))
        try await cloud.begin(SetPassword(by: .theCloud, instance: instance, password: password), driving: driving) { tx in
            let row = try tx.secrets.get(instance)
            guard row.sealedDoubtful != nil, row.version == doubt.version else {
                throw CloudError(
                    .staleVersion, ["object": instance.text, "expected": "\(doubt.version)", "actual": "\(row.version)"])
            }
        }
    }

    private func answering(_ facts: [KeyPlan.Fact]) async throws -> Set<ID<InstanceKind>> {
        try await withThrowingTaskGroup(of: ID<InstanceKind>?.self) { group in
            for fact in facts {
                group.addTask {
                    do { try await cloud.world.hosts.parts(of: fact.host).guests.ping(fact.instance) } catch is CloudError {
                        return nil
                    } catch is OutcomeUnknown { return nil }
                    return fact.instance
                }
            }
            var answering: Set<ID<InstanceKind>> = []
            for try await instance in group { if let instance { answering.insert(instance) } }
            return answering
        }
    }

    private func noteTries(_ instances: [ID<InstanceKind>], at now: Timestamp) async throws {
        guard !instances.isEmpty else { return }
        try await cloud.world.store.write { tx in
            for instance in instances {
                try tx.changeKeys(of: instance) { ($0.tries, $0.triedAt) = (min($0.tries + 1, 100), now) }
            }
        }
    }
}

/// Which guests are to be told of other keys, or of a password in doubt, now. Pure.
struct KeyPlan: Sendable {
    /// The most of one pass, so that a changed key of somebody who may operate everything does not ask every agent at once.
    static let budget = 32
    /// How long a silent agent is left alone: doubled with each try, up to the longest.
    static let firstPause = Duration.seconds(30)
    static let longestPause = Duration.seconds(3600)

    /// A password of which nobody knows whether the guest took it, and the version of the row that says so.
    struct Doubt: Hashable, Sendable {
        let sealed: String
        let version: Int64
    }

    /// What is known of one running instance.
    struct Fact: Hashable, Sendable {
        let instance: ID<InstanceKind>
        let host: ID<HostKind>
        /// What stands for the keys that are due, and for those that its guest was told; nil where nobody knows.
        let due: String
        let told: String?
        /// Whether people are to read another note there.
        var hasNews = false
        /// nil where what operators are shown is what holds.
        var doubt: Doubt?
        let tries: Int
        let triedAt: Timestamp?

        var hasOtherKeys: Bool { due != told || hasNews }
        /// The doubt, where it is settled now: by turns with the keys where both are due, so that neither waits for an agent that refuses
        /// the other.
        var turn: Doubt? { hasOtherKeys && tries.isMultiple(of: 2) ? nil : doubt }

        /// From when on it may be tried.
        var nextTry: Timestamp? {
            guard let triedAt, tries > 0 else { return nil }
            return triedAt + min(KeyPlan.firstPause * (1 << min(tries - 1, 10)), KeyPlan.longestPause)
        }
    }

    /// Those whose turn it is, who was tried least first.
    let due: [Fact]
    let isOverBudget: Bool

    init(_ facts: [Fact], at now: Timestamp) {
        let all = facts.filter { ($0.hasOtherKeys || $0.doubt != nil) && ($0.nextTry ?? now) <= now }.sorted {
            ($0.tries, $0.instance) < ($1.tries, $1.instance)
        }
        due = Array(all.prefix(Self.budget))
        isOverBudget = all.count > Self.budget
    }
}

extension StoreView {
    /// What a ``KeyPlan`` is made of: every free instance that runs and whose machines have an agent; and those of which a row cannot be
    /// read. Nothing is brought to these: without the row of one who may operate it, a machine would lose that person's keys.
    func keyFacts(at now: Timestamp) throws -> (facts: [KeyPlan.Fact], unread: [ID<InstanceKind>: any Error]) {
        let running = try readable(
            Query<InstanceStatus>(.equals(.state, .text(InstanceState.running.rawValue)), .equals(.operation, .null)))
        var facts: [KeyPlan.Fact] = []
        var unread: [ID<InstanceKind>: any Error] = [:]
        for (name, error) in running.unread { ID(name).map { unread[$0] = error } }
        for start in stride(from: 0, to: running.rows.count, by: 500) {
            let page = running.rows[start..<min(start + 500, running.rows.count)]
            do { facts += try keyFacts(of: page, at: now) } catch let error as CloudError where error.isUnreadableRow {
                for status in page {
                    do { facts += try keyFacts(of: [status], at: now) } catch let error as CloudError where error.isUnreadableRow {
                        unread[status.id] = error
                    }
                }
            }
        }
        return (facts, unread)
    }

    private func keyFacts(of page: ArraySlice<InstanceStatus>, at now: Timestamp) throws -> [KeyPlan.Fact] {
        let found = try instances.all(.isIn(.id, page.map { .id($0.id) }))
        let recipes = Set(found.map { "\($0.template)/\($0.revision)" }).sorted().map(StoreValue.text)
        let silent = Set(try revisions.all(.isIn(.id, recipes)).filter { $0.agent == .none }.map(\.id))
        let asked = found.filter { !silent.contains("\($0.template)/\($0.revision)") }
        let due = try dueKeys(of: asked, at: now)
        let notes = try dueNotes(of: asked.map(\.id))
        let rows = Dictionary(uniqueKeysWithValues: try instanceKeys.all(.isIn(.id, asked.map { .id($0.id) })).map { ($0.id, $0) })
        let doubts = Dictionary(
            uniqueKeysWithValues: try secrets.all(.isIn(.id, asked.map { .id($0.id) })).compactMap { row in
                row.sealedDoubtful.map { (row.id, KeyPlan.Doubt(sealed: $0, version: row.version)) }
            })
        return page.compactMap { status in
            guard let host = status.host, let keys = due[status.id] else { return nil }
            let row = rows[status.id]
            return KeyPlan.Fact(
                instance: status.id, host: host, due: AuthorizedKeys.sign(of: keys), told: row?.told,
                hasNews: notes[status.id] ?? "" != row.map(\.note) ?? "", doubt: doubts[status.id], tries: row?.tries ?? 0,
                triedAt: row?.triedAt)
        }
    }
}
