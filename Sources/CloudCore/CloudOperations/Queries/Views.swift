// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudWorkflow

/// Everything that is shown of one instance.
public struct InstanceView: Sendable, Hashable {
    /// What was asked for.
    public let instance: Instance
    /// Where it stands.
    public let status: InstanceStatus
    /// What is shown as its state.
    public let shown: ShownState
    /// What its host said of it last, and since when it says so; nil where no host holds it, or none has spoken of it since its state
    /// changed. A guest that QEMU paused by itself (a full disk) is `running` in its row and `paused` here.
    public let seen: InstanceSighting?
    /// Its lease.
    public let lease: InstanceLease
    /// Its disks in the order of its bus; the first boots.
    public let disks: [Disk]
    /// Its ports in the order of its bus; by the first people get in. None once its addresses are no longer kept.
    public let ports: [PortView]
    /// The port by which people get in.
    public var port: InstancePort? { ports.first?.port }
    /// Its forwarded ports, in order of the public port.
    public let forwardedPorts: [ForwardedPort]
    /// How people get in.
    public let access: AccessMethod
    /// What is left of it in the trash; nil while it lives.
    public let trash: TrashView?
}

/// What is left of an instance that was destroyed.
public struct TrashView: Sendable, Hashable {
    /// Whether it can be recovered: its disks are there.
    public let isRecoverable: Bool
    /// Until when that is sure; later it depends on how much room there is. Nil where there is nothing to be recovered: of an instance that
    /// never ran no disk is kept.
    public let keptUntil: Timestamp?
}

/// A port with what its network adds.
public struct PortView: Sendable, Hashable {
    /// The port.
    public let port: InstancePort
    /// The domain of its name.
    public let domain: String
}

/// One page of a list.
public struct Page<Element: Sendable>: Sendable {
    /// The elements, in order of their ids (activities: newest first).
    public let elements: [Element]
    /// Where the next page begins; nil at the end.
    public let next: String?
}

extension Page: Equatable where Element: Equatable {}

/// A template with its revisions.
public struct TemplateView: Sendable, Hashable {
    /// The template.
    public let template: Template
    /// All of them, in the order of their numbers.
    public let revisions: [TemplateRevision]
    /// The revision that new instances are made from; nil while there are drafts only.
    public var revision: TemplateRevision? { revisions.first { $0.number == template.production } }
}

/// A host with its newest word.
public struct HostView: Sendable, Hashable {
    /// What operators set.
    public let host: CloudHost
    /// What it said last; nil for never.
    public let evidence: HostEvidence?
    /// What it holds for instances.
    public let claimed: ResourceAmounts
    /// Whether its word is fresh.
    public let isReachable: Bool
}

/// An operation with its steps.
public struct OperationView: Sendable, Hashable {
    /// The run.
    public let run: RunRecord
    /// Its journal, in order.
    public let entries: [JournalEntry]
    /// The runs that it recorded.
    public let children: [RunRecord]
    /// Its activity; nil where it has none.
    public let activity: Activity?
    /// Of the objects that it was about, those that the asker may not see: an operation over a set was begun by somebody who sees more.
    public let unseen: Set<String>
    /// Whether it is at work on the host of its instance, and this manager asks that host and has had no answer for longer than a word is fresh.
    public let hostIsSilent: Bool
}
