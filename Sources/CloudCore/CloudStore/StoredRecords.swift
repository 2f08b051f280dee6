// SPDX-License-Identifier: Apache-2.0

public import CloudModel

// Which record lies in which table. A table is named in the plural, as its accessor is.

/// The records that a store keeps.
public enum StoredRecords {
    /// Every one, in alphabetical order: what a dump, a migration and a contract go through.
    public static let all: [any StoredRecord.Type] = [
        AccessToken.self, Activity.self, Alarm.self, Checkpoint.self, CloudHost.self, DestructionBudget.self, Disk.self,
        ForwardedPort.self, Grant.self, Group.self, Heartbeat.self, HostClaim.self, HostEvidence.self, Image.self, Instance.self,
        InstanceKeys.self, InstanceLease.self, InstancePort.self, InstanceSecret.self, InstanceSighting.self, InstanceStatus.self,
        LeasePolicy.self, Membership.self, Network.self, Notice.self, QuotaAccount.self, RememberedRequest.self, Template.self,
        TemplateRevision.self, Upload.self, User.self,
    ]
}

/// A record that is known by an id of its kind.
public protocol IdentifiedRecord: StoredRecord {
    /// What the id names.
    associatedtype Kind: IDKind
    /// The id.
    var id: ID<Kind> { get }
}

extension IdentifiedRecord {
    /// The id's text.
    public var key: String { id.text }
}

extension AccessToken: IdentifiedRecord {
    /// `access_tokens`.
    public static var table: String { "access_tokens" }
}
extension Activity: IdentifiedRecord {
    /// `activities`.
    public static var table: String { "activities" }
}
extension Alarm: StoredRecord {
    /// `alarms`.
    public static var table: String { "alarms" }
    /// The id.
    public var key: String { id }
}

extension Checkpoint: IdentifiedRecord {
    /// `checkpoints`.
    public static var table: String { "checkpoints" }
}
extension CloudHost: IdentifiedRecord {
    /// `hosts`.
    public static var table: String { "hosts" }
}
extension DestructionBudget: StoredRecord {
    /// `destruction_budgets`.
    public static var table: String { "destruction_budgets" }
    /// The id.
    public var key: String { id }
}
extension Disk: IdentifiedRecord {
    /// `disks`.
    public static var table: String { "disks" }
}
extension ForwardedPort: IdentifiedRecord {
    /// `forwarded_ports`.
    public static var table: String { "forwarded_ports" }
}
extension Grant: IdentifiedRecord {
    /// `grants`.
    public static var table: String { "grants" }
}
extension Group: IdentifiedRecord {
    /// `groups`.
    public static var table: String { "groups" }
}
extension Heartbeat: StoredRecord {
    /// `heartbeats`.
    public static var table: String { "heartbeats" }
    /// The id.
    public var key: String { id }
}
extension HostClaim: IdentifiedRecord {
    /// `claims`.
    public static var table: String { "claims" }
}
extension HostEvidence: IdentifiedRecord {
    /// `evidence`.
    public static var table: String { "evidence" }
}
extension Image: IdentifiedRecord {
    /// `images`.
    public static var table: String { "images" }
}
extension Instance: IdentifiedRecord {
    /// `instances`.
    public static var table: String { "instances" }
}
extension InstanceKeys: IdentifiedRecord {
    /// `instance_keys`.
    public static var table: String { "instance_keys" }
}
extension InstanceLease: IdentifiedRecord {
    /// `leases`.
    public static var table: String { "leases" }
}
extension InstancePort: IdentifiedRecord {
    /// `ports`.
    public static var table: String { "ports" }
}
extension InstanceSecret: IdentifiedRecord {
    /// `secrets`.
    public static var table: String { "secrets" }
}
extension InstanceSighting: IdentifiedRecord {
    /// `sightings`.
    public static var table: String { "sightings" }
}
extension InstanceStatus: IdentifiedRecord {
    /// `statuses`.
    public static var table: String { "statuses" }
}
extension LeasePolicy: IdentifiedRecord {
    /// `lease_policies`.
    public static var table: String { "lease_policies" }
}
extension Membership: StoredRecord {
    /// `memberships`.
    public static var table: String { "memberships" }
    /// The id.
    public var key: String { id }
}
extension Network: IdentifiedRecord {
    /// `networks`.
    public static var table: String { "networks" }
}
extension Notice: IdentifiedRecord {
    /// `notices`.
    public static var table: String { "notices" }
}
extension QuotaAccount: StoredRecord {
    /// `quotas`.
    public static var table: String { "quotas" }
    /// The id.
    public var key: String { id }
}
extension RememberedRequest: StoredRecord {
    /// `remembered_requests`.
    public static var table: String { "remembered_requests" }
    /// The id.
    public var key: String { id }
}
extension Template: IdentifiedRecord {
    /// `templates`.
    public static var table: String { "templates" }
}
extension TemplateRevision: StoredRecord {
    /// `revisions`.
    public static var table: String { "revisions" }
    /// The id.
    public var key: String { id }
}
extension Upload: IdentifiedRecord {
    /// `uploads`.
    public static var table: String { "uploads" }
}
extension User: IdentifiedRecord {
    /// `users`.
    public static var table: String { "users" }
}
