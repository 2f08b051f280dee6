// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore

/// The versions of an object's row that a caller decided by: what If-Match says. They are compared in the transaction of the change,
/// for between a look and a change another change can always come.
public struct SeenVersions: Sendable {
    /// The object.
    public let object: String
    /// Any of these will do.
    public let versions: Set<Int64>
    private let current: @Sendable (any StoreView, Principal, Timestamp) throws -> Int64

    private init(
        _ versions: Set<Int64>, of object: String, _ current: @escaping @Sendable (any StoreView, Principal, Timestamp) throws -> Int64
    ) {
        self.object = object
        self.versions = versions
        self.current = current
    }

    /// Versions of an instance.
    public init(_ versions: Set<Int64>, of id: ID<InstanceKind>) {
        self.init(versions, of: id.text) { try $0.instance(id, for: .see, by: $1, at: $2).version }
    }

    /// Versions of a checkpoint of an instance.
    public init(_ versions: Set<Int64>, of id: ID<CheckpointKind>, in instance: ID<InstanceKind>) {
        self.init(versions, of: id.text) { view, principal, now in
            _ = try view.instance(instance, for: .see, by: principal, at: now)
            return try view.checkpoint(id, of: instance).version
        }
    }

    /// Versions of a public port.
    public init(_ versions: Set<Int64>, of id: ID<ForwardedPortKind>) {
        self.init(versions, of: id.text) { try $0.forwardedPort(id, for: $1, at: $2).version }
    }

    /// Versions of a data disk.
    public init(_ versions: Set<Int64>, of id: ID<DiskKind>) {
        self.init(versions, of: id.text) { view, principal, _ in try view.dataDisk(id, for: principal).version }
    }

    /// Versions of a template.
    public init(_ versions: Set<Int64>, of id: ID<TemplateKind>) {
        self.init(versions, of: id.text) { try $0.owned(Template.self, id.text, for: $1, at: $2).version }
    }

    /// Versions of a person.
    public init(_ versions: Set<Int64>, of id: ID<UserKind>) {
        self.init(versions, of: id.text) { view, principal, _ in try view.user(id, for: principal).version }
    }

    /// Throws `stale-version` where the row has another one; `not-found` for whoever may not see the object, as for an unknown one.
    func require(in view: any StoreView, for principal: Principal, at now: Timestamp) throws {
        try versions.require(current(view, principal, now), of: object)
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
