// SPDX-License-Identifier: Apache-2.0

public import CloudModel

// Which record lies in which table. A table is named in the plural, as its accessor is.

/// The records that a store keeps.
public enum StoredRecords {
    /// Every one, in alphabetical order: what a dump, a migration and a contract go through.
    public static let all: [any StoredRecord.Type] = [
        AccessToken.self, Activity.self, Disk.self, ForwardedPort.self, Grant.self, Group.self, Host.self, HostClaim.self,
        HostEvidence.self, Image.self, Instance.self, InstanceLease.self, InstanceSecret.self, InstanceSighting.self,
        InstanceStatus.self, LeasePolicy.self, Membership.self, Network.self, Port.self, QuotaAccount.self, RememberedRequest.self,
        Template.self, TemplateRevision.self, User.self,
    ]
}

extension AccessToken: StoredRecord {
    /// `access_tokens`.
    public static var table: String { "access_tokens" }
    /// The id.
    public var key: String { id.text }
}
extension Activity: StoredRecord {
    /// `activities`.
    public static var table: String { "activities" }
    /// The id.
    public var key: String { id.text }
}
extension Disk: StoredRecord {
    /// `disks`.
    public static var table: String { "disks" }
    /// The id.
    public var key: String { id.text }
}
extension ForwardedPort: StoredRecord {
    /// `forwarded_ports`.
    public static var table: String { "forwarded_ports" }
    /// The id.
    public var key: String { id.text }
}
extension Grant: StoredRecord {
    /// `grants`.
    public static var table: String { "grants" }
    /// The id.
    public var key: String { id.text }
}
extension Group: StoredRecord {
    /// `groups`.
    public static var table: String { "groups" }
    /// The id.
    public var key: String { id.text }
}
extension Host: StoredRecord {
    /// `hosts`.
    public static var table: String { "hosts" }
    /// The id.
    public var key: String { id.text }
}
extension HostClaim: StoredRecord {
    /// `claims`.
    public static var table: String { "claims" }
    /// The id.
    public var key: String { id.text }
}
extension HostEvidence: StoredRecord {
    /// `evidence`.
    public static var table: String { "evidence" }
    /// The id.
    public var key: String { id.text }
}
extension Image: StoredRecord {
    /// `images`.
    public static var table: String { "images" }
    /// The id.
    public var key: String { id.text }
}
extension Instance: StoredRecord {
    /// `instances`.
    public static var table: String { "instances" }
    /// The id.
    public var key: String { id.text }
}
extension InstanceLease: StoredRecord {
    /// `leases`.
    public static var table: String { "leases" }
    /// The id.
    public var key: String { id.text }
}
extension InstanceSecret: StoredRecord {
    /// `secrets`.
    public static var table: String { "secrets" }
    /// The id.
    public var key: String { id.text }
}
extension InstanceSighting: StoredRecord {
    /// `sightings`.
    public static var table: String { "sightings" }
    /// The id.
    public var key: String { id.text }
}
extension InstanceStatus: StoredRecord {
    /// `statuses`.
    public static var table: String { "statuses" }
    /// The id.
    public var key: String { id.text }
}
extension LeasePolicy: StoredRecord {
    /// `lease_policies`.
    public static var table: String { "lease_policies" }
    /// The id.
    public var key: String { id.text }
}
extension Membership: StoredRecord {
    /// `memberships`.
    public static var table: String { "memberships" }
    /// The id.
    public var key: String { id }
}
extension Network: StoredRecord {
    /// `networks`.
    public static var table: String { "networks" }
    /// The id.
    public var key: String { id.text }
}
extension Port: StoredRecord {
    /// `ports`.
    public static var table: String { "ports" }
    /// The id.
    public var key: String { id.text }
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
extension Template: StoredRecord {
    /// `templates`.
    public static var table: String { "templates" }
    /// The id.
    public var key: String { id.text }
}
extension TemplateRevision: StoredRecord {
    /// `revisions`.
    public static var table: String { "revisions" }
    /// The id.
    public var key: String { id }
}
extension User: StoredRecord {
    /// `users`.
    public static var table: String { "users" }
    /// The id.
    public var key: String { id.text }
}
