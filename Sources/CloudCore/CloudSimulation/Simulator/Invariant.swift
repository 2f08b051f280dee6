// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// The rules that no story may break, by their numbers in the design. What is checked, and when:
///
/// | after each commit, of what it changed | after each effect on a host | now and then, and at the end, of everything |
/// |---|---|---|
/// | I2, I11, I13, I15, I24, I36, I37 | I7, I37, where quiet is expected I40 | I1, I4, I9, I10, I14, I16, I19, I21, I22 |
public enum Invariant: String, Sendable, Hashable, CaseIterable {
    /// An address belongs to at most one live port of its network, a MAC to at most one of the cloud.
    case addressesAreUnique = "I1"
    /// An address is nobody's until its quarantine is over and nothing of its last holder is on a host.
    case addressesRest = "I2"
    /// A public port leads to at most one machine.
    case publicPortsAreUnique = "I4"
    /// An instance has at most one running domain over all hosts.
    case oneDomain = "I7"
    /// What is claimed of a host is no more than it has.
    case capacity = "I9"
    /// What is claimed is what a recount of the instances says.
    case claims = "I10"
    /// A machine goes only to a host that takes machines and sees its disk.
    case placement = "I11"
    /// A state follows another only along the declared graph.
    case stateGraph = "I13"
    /// An operation that holds an instance is open.
    case oneWriter = "I14"
    /// Nothing but recover leads out of the trash.
    case destroyedIsDestroyed = "I15"
    /// What a disk or a template needs of images and layers is there.
    case basesAreThere = "I16"
    /// Disks lie on one another in one store, in no circle, and not deeper than checkpoints are kept.
    case chains = "I19"
    /// A disk has exactly one owner that is there.
    case diskOwner = "I21"
    /// What accounts have used is what a recount says.
    case quotas = "I22"
    /// By itself the cloud takes nothing before its date, and destroys nothing of which owners were not told in time.
    case promises = "I24"
    /// What was acknowledged has a durable record.
    case acknowledged = "I34"
    /// Events are numbered without a gap.
    case eventNumbers = "I36"
    /// Fences only grow.
    case fencesGrow = "I37"
    /// Where nothing is asked and nothing goes wrong, no host is told anything.
    case quiescence = "I40"
    /// Once nothing goes wrong any more, every operation ends.
    case liveness = "I42"
}

/// A rule was broken.
public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which.
    public let invariant: Invariant
    /// By what.
    public let by: String
    /// A sentence for whoever repeats the seed.
    public var description: String { "\(invariant.rawValue) is broken: \(by)" }
}
