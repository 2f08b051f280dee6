// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore

/// A checkpoint as the API shows it.
public struct CheckpointView: Sendable, Hashable {
    /// The row.
    public let checkpoint: Checkpoint
    /// What it keeps.
    public let layer: Disk?
}

extension Cloud {
    /// The checkpoints of an instance, in order of their ids; a foreign one answers as an unknown one.
    public func checkpoints(
        of instance: ID<InstanceKind>, for principal: Principal, after: String? = nil, limit: Int = 100
    ) async throws -> Page<CheckpointView> {
        let now = world.clock.now()
        return try await world.store.read { view in
            _ = try view.instance(instance, for: .see, by: principal, at: now)
            let page = try view.page(Checkpoint.self, .id, [.equals(.instance, .id(instance))], after: after, limit: limit)
            return Page(
                elements: try page.elements.map { CheckpointView(checkpoint: $0, layer: try view.disks.find($0.disk)) }, next: page.next)
        }
    }

    /// One checkpoint of an instance.
    public func checkpoint(
        _ id: ID<CheckpointKind>, of instance: ID<InstanceKind>, for principal: Principal
    ) async throws -> CheckpointView {
        let now = world.clock.now()
        return try await world.store.read { view in
            _ = try view.instance(instance, for: .see, by: principal, at: now)
            let row = try view.checkpoint(id, of: instance)
            return CheckpointView(checkpoint: row, layer: try view.disks.find(row.disk))
        }
    }
}
