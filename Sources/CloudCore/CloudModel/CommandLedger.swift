// SPDX-License-Identifier: Apache-2.0

/// What a host remembers of commands: the newest fence per subject, and which (run, step) it has done under it. A value without lock or
/// I/O: the adapter keeps it behind its lock and, where the host is real, in a durable file.
///
/// ```
///             older fence              same run and step, done              its run has undone
/// command ──▶ refused (fence-stale) ─▶ repeat (the first result stands) ─▶ refused (fence-stale) ─▶ fresh: do it, then `done`
/// ```
/// A run goes forward, and after its first undo only back. So what comes to a host behind the undo of its own run was on its way for long: its
/// manager died, another undid the run under the same fence, and nobody would ever take away what that command makes.
///
/// What is there is remembered for ever. What is gone is remembered until ``goneKept`` other things have gone after it: longer than any
/// command is on its way, and no clock can make it shorter (Documentation/decisions/0008-fences-of-what-is-gone.md).
public struct CommandLedger: Hashable, Sendable, Codable {
    /// What is to be done with a command.
    public enum Admission: Hashable, Sendable {
        /// It is new: carry it out, then call `done`.
        case fresh
        /// It was done before; the text is the result it gave then (JSON), empty for none.
        case `repeat`(String)
    }

    /// What befell a ledger after it was written to a file: a line of its own, for a whole ledger is much to write for each command.
    public enum Change: Hashable, Sendable, Codable {
        /// As ``CommandLedger/saw(_:on:)``.
        case saw(fence: Fence, subject: String)
        /// As ``CommandLedger/done(_:on:result:isGone:keeping:)``, of something that is there and gives no result.
        case done(command: Command, subject: String)
    }

    private struct Entry: Hashable, Codable {
        let run: ID<OperationKind>
        let step: String
        let result: String
        var isUndo: Bool { Command.isUndo(step) }
    }
    private var fences: [String: Fence] = [:]
    private var results: [String: [Entry]] = [:]
    /// What is gone, with a number that grows.
    private var gone: [String: Int64] = [:]
    private var lastGone: Int64 = 0
    /// Of how many things that are gone a host remembers the fence, at least.
    ///
    /// A host that did nothing else could take away some five machines a second, so a command is late by half an hour at least before it
    /// meets a host that has forgotten; the longest limit of a call is ten minutes (`LibvirtHypervisor.Limits`).
    public static let goneKept = 10_000

    private enum CodingKeys: CodingKey { case fences, results, gone, lastGone }
    /// Reads a ledger, also one that was written before anything was forgotten.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        fences = try container.decode([String: Fence].self, forKey: .fences)
        results = try container.decode([String: [Entry]].self, forKey: .results)
        gone = try container.decodeIfPresent([String: Int64].self, forKey: .gone) ?? [:]
        lastGone = try container.decodeIfPresent(Int64.self, forKey: .lastGone) ?? 0
    }

    /// A ledger of a host that has seen nothing.
    public init() {}

    /// The newest fence seen for a subject (an instance's, disk's or port's id); 0 where none was.
    public func fence(of subject: String) -> Fence { fences[subject] ?? Fence(0) }

    /// Whether what was last done on a subject left nothing of it here. Also false of what nothing is known of, or no more.
    public func isGone(_ subject: String) -> Bool { gone[subject] != nil }

    /// Judges a command and remembers its fence; throws ``ErrorCode/fenceStale`` for one that is older than a fence seen, and for one that
    /// its own run has overtaken with an undo of the same subject (``Command/isUndo``).
    public mutating func admit(_ command: Command, on subject: String) throws(CloudError) -> Admission {
        let seen = fence(of: subject)
        guard command.fence >= seen else {
            throw CloudError(.fenceStale, ["fence": command.fence.description, "seen": seen.description, "object": subject])
        }
        saw(command.fence, on: subject)
        if let before = results[subject]?.first(where: { $0.run == command.run && $0.step == command.step }) {
            return .repeat(before.result)
        }
        if !command.isUndo, results[subject]?.contains(where: { $0.run == command.run && $0.isUndo }) == true {
            throw CloudError(
                .fenceStale, ["fence": command.fence.description, "seen": seen.description, "object": subject],
                detail: "its run has undone what it did to \(subject) meanwhile")
        }
        gone[subject] = nil
        return .fresh
    }

    /// Remembers a fence that was found elsewhere, for example in a domain's metadata; an older one changes nothing. A newer one
    /// makes the results under the older forgettable: their repeats would be refused anyway, so a ledger does not grow with time.
    public mutating func saw(_ fence: Fence, on subject: String) {
        guard fence > self.fence(of: subject) else { return }
        fences[subject] = fence
        results[subject] = nil
        gone[subject] = nil
    }

    /// Remembers that a command was carried out. Call it after the effect: what was cut off in between is done again, and every
    /// effect is an "ensure".
    /// - Parameters:
    ///   - isGone: whether nothing of the subject is left here.
    ///   - kept: of how many things that are gone the fence is remembered; of up to a quarter more, so that this is seldom work.
    public mutating func done(
        _ command: Command, on subject: String, result: String = "", isGone: Bool = false, keeping kept: Int = goneKept
    ) {
        remember(command, on: subject, result)
        guard isGone else {
            gone[subject] = nil
            return
        }
        lastGone += 1
        gone[subject] = lastGone
        guard gone.count > kept + kept / 4 else { return }
        for (old, _) in gone.sorted(by: { $0.value < $1.value }).dropLast(kept) {
            (gone[old], fences[old], results[old]) = (nil, nil, nil)
        }
    }

    /// Carries out what was kept of it. A repeat is harmless.
    public mutating func apply(_ change: Change) {
        switch change {
        case .saw(let fence, let subject): saw(fence, on: subject)
        case .done(let command, let subject): done(command, on: subject)
        }
    }

    private mutating func remember(_ command: Command, on subject: String, _ result: String) {
        guard results[subject]?.contains(where: { $0.run == command.run && $0.step == command.step }) != true else { return }
        results[subject, default: []].append(Entry(run: command.run, step: command.step, result: result))
    }
}
