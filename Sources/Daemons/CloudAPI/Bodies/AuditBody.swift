// SPDX-License-Identifier: Apache-2.0

/// `GET /v1/audit`: records against hosts, read from the parts themselves.
public struct AuditBody: Hashable, Sendable, Codable {
    /// One sentence per difference; empty where records and hosts agree.
    public var differences: [String]
    /// Machines that hosts hold by right.
    public var machines: Int
    /// Disks in the trash.
    public var trashed: Int
    /// Operations that have not ended.
    public var openOperations: Int
    /// A body.
    public init(differences: [String], machines: Int, trashed: Int, openOperations: Int) {
        self.differences = differences
        self.machines = machines
        self.trashed = trashed
        self.openOperations = openOperations
    }
}
