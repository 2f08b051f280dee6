// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore

/// The versions of an instance's row that a caller decided by: what If-Match says. They are compared in the transaction of the change,
/// for between a look and a change another change can always come.
public struct SeenVersions: Sendable, Hashable {
    /// The instance.
    public let instance: ID<InstanceKind>
    /// Any of these will do.
    public let versions: Set<Int64>

    /// Versions of an instance.
    public init(_ versions: Set<Int64>, of instance: ID<InstanceKind>) {
        self.instance = instance
        self.versions = versions
    }

    /// Throws `stale-version` where the row has another one; `not-found` for whoever may not see the instance, as for an unknown one.
    func require(in view: any StoreView, for principal: Principal, at now: Timestamp) throws {
        let row = try view.instance(instance, for: .see, by: principal, at: now)
        try versions.require(row.version, of: instance.text)
    }
}

extension Set<Int64> {
    /// Throws `stale-version` unless a version is among these.
    func require(_ version: Int64, of object: String) throws(CloudError) {
        guard !contains(version) else { return }
        let expected = sorted().map(String.init).joined(separator: ", ")
        throw CloudError(.staleVersion, ["object": object, "expected": expected, "actual": String(version)])
    }
}
