// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore

/// What the tables of a store are.
enum Schema {
    /// Every record, in order of the tables' names.
    static let records: [any StoredRecord.Type] = [
        AccessToken.self, Activity.self, HostClaim.self, Disk.self, HostEvidence.self, ForwardedPort.self, Grant.self, Group.self,
        Host.self, Image.self, Instance.self, LeasePolicy.self, InstanceLease.self, Membership.self, Network.self, Port.self,
        QuotaAccount.self, RememberedRequest.self, TemplateRevision.self, InstanceSecret.self, InstanceSighting.self,
        InstanceStatus.self, Template.self, User.self,
    ]

    /// The columns of a run's row, spelled as ``CloudWorkflow/RunRecord``'s properties. `number`, the order of recording, is the
    /// table's own.
    static let runColumns = [
        "id", "kind", "version", "input", "actor", "object", "parent", "state", "waitingFor", "percent", "cancelRequested", "failure",
        "stuck", "output",
    ]

    /// The columns of a journal's line, spelled as ``CloudWorkflow/JournalEntry``'s properties.
    static let entryColumns = ["kind", "name", "output"]

    /// The columns of an event, spelled as ``CloudStore/NewEvent``'s properties.
    static let eventColumns = ["code", "object", "operation", "at"]
}
