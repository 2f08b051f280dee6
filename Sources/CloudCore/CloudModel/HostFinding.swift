// SPDX-License-Identifier: Apache-2.0

/// What was measured of a host: one thing that has to be right there, and what it is.
///
/// A code with figures, as a refusal is: sentences and remedies stand in the catalogues at the edge.
public struct HostFinding: Hashable, Sendable, Codable {
    /// What was looked at, in one alphabetical list. None is ever given another meaning.
    public enum Check: String, Hashable, Sendable, Codable, CaseIterable {
        /// Whether guests run on the processors themselves, and not in software: no parameters.
        case acceleration
        /// Whether running guests have a cap on what software emulation keeps of their translated code: `count` of those without, `machines`.
        case cacheCap = "cache-cap"
        /// Whether the host's clock is the manager's: `milliseconds` between them.
        case clock
        /// How the switch carries guests' frames: `types` that it knows.
        case datapath
        /// How long the hypervisor takes to write a definition down: `milliseconds`, or as long as anybody waited, and `limit`.
        case defineTime = "define-time"
        /// Whether the hypervisor is reached: `reason` where it is not.
        case hypervisor
        /// Whether the host has a `/dev/kvm` that no guest runs on: no parameters.
        case kvmUnused = "kvm-unused"
        /// Whether the programs are there that the host calls: `missing`.
        case programs
        /// How long process 1 leaves a process that ended unburied: `milliseconds`, and `limit`.
        case reaping
        /// Room on the store: `free` and `total` in MiB, `percent`, and `kept`, the per cent that are to be free: where less is, those.
        case room
        /// Whether the switch is reached: `reason` where it is not.
        case switching
    }
    /// How it stands.
    public enum Grade: String, Hashable, Sendable, Codable, CaseIterable {
        /// As it should be.
        case fine
        /// It works, and could be better.
        case advice
        /// It has to be put right.
        case wrong
    }
    /// What was looked at.
    public let check: Check
    /// How it stands.
    public let grade: Grade
    /// What was measured: the check says what there is.
    public let parameters: [String: String]
    /// A finding.
    public init(_ check: Check, _ grade: Grade, _ parameters: [String: String] = [:]) {
        self.check = check
        self.grade = grade
        self.parameters = parameters
    }
}

extension HostFinding {
    /// A time that is fine up to a limit.
    public init(_ check: Check, took milliseconds: Int64, limit: Int64, beyond: Grade) {
        self.init(
            check, milliseconds <= limit ? .fine : beyond, ["milliseconds": String(milliseconds), "limit": String(limit)])
    }
}
