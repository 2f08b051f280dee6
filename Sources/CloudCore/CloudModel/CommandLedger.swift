// SPDX-License-Identifier: Apache-2.0

/// What a host remembers of commands: the newest fence per subject, and which (run, step) it has done, until the run is
/// acknowledged. A value without lock or I/O: the adapter keeps it behind its lock and, where the host is real, in a durable file.
///
/// ```
///             older fence              same run and step, done
/// command ──▶ refused (fence-stale) ─▶ repeat (the first result stands) ─▶ fresh: do it, then `done`
/// ```
public struct CommandLedger: Hashable, Sendable, Codable {
    /// What is to be done with a command.
    public enum Admission: Hashable, Sendable {
        /// It is new: carry it out, then call ``CommandLedger/done(_:on:result:)``.
        case fresh
        /// It was done before; the text is the result it gave then (JSON), empty for none.
        case `repeat`(String)
    }

    private struct Entry: Hashable, Codable {
        let run: ID<OperationKind>
        let step: String
        let result: String
    }
    private var fences: [String: Fence] = [:]
    private var results: [String: [Entry]] = [:]

    /// A ledger of a host that has seen nothing.
    public init() {}

    /// The newest fence seen for a subject (an instance's, disk's or port's id); 0 where none was.
    public func fence(of subject: String) -> Fence { fences[subject] ?? Fence(0) }

    /// Judges a command and remembers its fence; throws ``ErrorCode/fenceStale`` for one that is older than a fence seen.
    public mutating func admit(_ command: Command, on subject: String) throws(CloudError) -> Admission {
        let seen = fence(of: subject)
        guard command.fence >= seen else {
            throw CloudError(.fenceStale, ["fence": command.fence.description, "seen": seen.description, "object": subject])
        }
        saw(command.fence, on: subject)
        return results[subject]?.first { $0.run == command.run && $0.step == command.step }.map { .repeat($0.result) } ?? .fresh
    }

    /// Remembers a fence that was found elsewhere, for example in a domain's metadata; an older one changes nothing. A newer one
    /// makes the results under the older forgettable: their repeats would be refused anyway, so a ledger does not grow with time.
    public mutating func saw(_ fence: Fence, on subject: String) {
        guard fence > self.fence(of: subject) else { return }
        fences[subject] = fence
        results[subject] = nil
    }

    /// Remembers that a command was carried out. Call it after the effect: what was cut off in between is done again, and every
    /// effect is an "ensure".
    public mutating func done(_ command: Command, on subject: String, result: String = "") {
        guard results[subject]?.contains(where: { $0.run == command.run && $0.step == command.step }) != true else { return }
        results[subject, default: []].append(Entry(run: command.run, step: command.step, result: result))
    }

    /// Forgets the results of a run that has ended; the fences stay.
    public mutating func acknowledge(_ run: ID<OperationKind>) {
        results = results.mapValues { $0.filter { $0.run != run } }.filter { !$0.value.isEmpty }
    }
}
