// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What is shown of an instance: f(row, host evidence, now). Where a host holds it and the host's word is old, nobody knows, and that is
/// what is said (CIRCLE and OpenStack went on saying *active*).
public enum ShownState: Hashable, Sendable {
    /// The state, confirmed.
    case known(InstanceState)
    /// The last state, and when it was last confirmed; nil for never.
    case unknown(last: InstanceState, seenAt: Timestamp?)

    /// The shown state of a row.
    public init(_ status: InstanceStatus, evidence: HostEvidence?, freshness: Duration, at now: Timestamp) {
        guard status.state.holdsHost else {
            self = .known(status.state)
            return
        }
        if let evidence, now - evidence.seenAt <= freshness {
            self = .known(status.state)
        } else {
            self = .unknown(last: status.state, seenAt: evidence?.seenAt)
        }
    }
}

extension InstanceSighting {
    /// Whether it says something about the row as it stands: from the host that holds the instance, and not from before its state
    /// changed, when another guest of it may have run there.
    func isOf(_ status: InstanceStatus) -> Bool { status.state.holdsHost && status.host == host && seenAt >= status.changedAt }
}

extension ShownState: CustomStringConvertible {
    /// `running`, `unknown, last seen running`.
    public var description: String {
        switch self {
        case .known(let state): state.rawValue
        case .unknown(let last, _): "unknown, last seen \(last.rawValue)"
        }
    }
}
