// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// The rules that no story may break, by their numbers in the design.
///
/// Those that the simulator looks at have a case here, and a test each that breaks them (`InvariantRulesTests`):
///
/// | rule | after each step | every 100 steps and at the end | at the end alone |
/// |---|---|---|---|
/// | I1, I4 addresses, public ports | | of all ports | |
/// | I2 quarantine | of each port that comes or goes | | |
/// | I3 VLANs | | | one network each, in bounds |
/// | I5 filters | of a host whose port a command changed | | |
/// | I7 one domain | of the machine of each call | | |
/// | I8 open once | of the machine of each command: its files, and fences on other hosts | | |
/// | I9, I10 capacity, claims | | recounted | |
/// | I11 placement | of each claim | | |
/// | I13, I15 states | of each change | | |
/// | I14 one writer | | who holds a machine is open | |
/// | I16, I19 bases, chains | | of all rows and files | |
/// | I18 images stay | | the sum of each image is that of its row | |
/// | I20 files and rows | | each way | |
/// | I21 a disk's owner | | one who is there | |
/// | I22 quotas | | recounted | |
/// | I23 leases | | what is due has an operation, or it is known why not | |
/// | I24 promises | of each lease, and each verb of the cloud itself | | |
/// | I28, I33 owners, grants | | | each is there |
/// | I34 acknowledged | | | of a seed and where a scenario is `clean` |
/// | I36 event numbers | | no gap since the last look | |
/// | I37 fences | of each row, and each command that a host carried out | | |
/// | I40 quiescence | of each call, where quiet is expected: the last half minute of a seed, and where a scenario is `clean` | | |
/// | I41 secrets | of each line of a journal and each activity | | |
/// | I42 liveness | | | of a seed and where a scenario is `clean` |
///
/// The others are looked at elsewhere, because a story of the simulator could not break them or not see it:
///
/// | rule | where |
/// |---|---|
/// | I6 configuration is a function of the records | NetFabricTests (ServiceTextTests, SwitchFlowTests), and the contract of every fabric |
/// | I12 what is reported is fresh | CloudOperationsTests.HostWatchTests, SchedulingTests |
/// | I17 trash goes in its time | CloudOperationsTests.CollectorTests, ImageStoreTests.TrashChoiceTests |
/// | I25 renewal does not shorten | LeasesTests, CloudOperationsTests.RenewTests |
/// | I26 an absence moves dates | LeasesTests.SweepingTests, CloudOperationsTests.LeaseSweeperTests |
/// | I29, I31 levels, rights | AccessTests; cut off in time: CloudHTTPTests.ConsoleSessionTests |
/// | I30 who may grant | CloudOperationsTests.SharingTests |
/// | I32 lists and gets agree | AccessTests, CloudOperationsTests.RenewTests |
/// | I35 one key, one result | CloudOperationsTests.RequestKeyTests |
/// | I38 undos | CloudOperationsTests.OperationChecksTests, CloudWorkflowTests.UnwindingTests: every step of every verb is broken there |
///
/// Nowhere yet: I27, for there are no reservations; of I33 what follows when people or groups are deleted, for nobody can delete them; I39,
/// for the audit trail is no chain yet; of I3 several physical networks, for there is one; of I14 that verbs of different machines never wait
/// for one another, which the figures of the benchmarks show and no rule.
public enum Invariant: String, Sendable, Hashable, CaseIterable {
    /// An address belongs to at most one live port of its network, a MAC to at most one of the cloud.
    case addressesAreUnique = "I1"
    /// An address is nobody's until its quarantine is over and nothing of its last holder is on a host.
    case addressesRest = "I2"
    /// A VLAN is of one network.
    case vlans = "I3"
    /// A public port leads to at most one machine.
    case publicPortsAreUnique = "I4"
    /// No port is up without its filter.
    case filters = "I5"
    /// An instance has at most one running domain over all hosts.
    case oneDomain = "I7"
    /// A disk is open for writing once, on the host that has the newest fence of its machine.
    case openOnce = "I8"
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
    /// An image is what it was when it was published.
    case imagesStay = "I18"
    /// Disks lie on one another in one store, in no circle, and not deeper than checkpoints are kept.
    case chains = "I19"
    /// Every file of a store has its row, or an operation that is to make or remove it, and every row its file.
    case filesAndRows = "I20"
    /// A disk has exactly one owner that is there.
    case diskOwner = "I21"
    /// What accounts have used is what a recount says.
    case quotas = "I22"
    /// A machine whose time is over is being suspended, or it is known why not.
    case leasesEnd = "I23"
    /// By itself the cloud takes nothing before its date, and destroys nothing of which owners were not told in time.
    case promises = "I24"
    /// What has an owner has one who is there.
    case owners = "I28"
    /// A right is somebody's who is there, at something that is there.
    case grants = "I33"
    /// What was acknowledged has a durable record.
    case acknowledged = "I34"
    /// Events are numbered without a gap.
    case eventNumbers = "I36"
    /// Fences only grow, and a host does nothing under an older one, nor under one that was never given.
    case fencesGrow = "I37"
    /// Where nothing is asked and nothing goes wrong, no host is told anything.
    case quiescence = "I40"
    /// No password stands in a journal or an activity.
    case secrets = "I41"
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
