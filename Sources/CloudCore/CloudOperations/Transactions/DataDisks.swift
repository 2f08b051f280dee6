// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow

/// How many disks an instance may have: the addresses of a virtual PCI bus are few.
let mostDisks = 16

extension StoreTransaction {
    /// A data disk of a person, taken by an operation: throws `not-found` for another's as for one that is not there, `busy` where another
    /// operation has it, `state-forbids` where an instance has it.
    func takeDataDisk(_ id: ID<DiskKind>, for verb: Verb, by principal: Principal, in operation: ID<OperationKind>) throws -> Disk {
        guard var disk = try disks.find(id), let owner = disk.owner, owner == principal.user || principal.holds(.operateHosts) else {
            throw CloudError(.notFound, ["object": id.text])
        }
        if let holder = try holder(of: disk) { throw CloudError(.busy, ["object": id.text, "operation": holder.text]) }
        guard disk.slot == nil else {
            throw CloudError(
                .stateForbids, ["verb": verb.rawValue, "state": "attached", "object": id.text, "allowed": "detached"])
        }
        disk.operation = operation
        return try disks.update(disk)
    }

    /// A guest that starts has its disks one after the other on its bus, whatever was detached before: the rows follow, so that each disk's
    /// slot is its place until the guest is off again.
    func closeSlots(of instance: ID<InstanceKind>) throws {
        for (place, disk) in try disks(of: instance).enumerated() where disk.slot != place { try disks.change(disk.id) { $0.slot = place } }
    }

    /// Who has a disk takes it no more.
    func letGo(_ id: ID<DiskKind>) throws { try disks.change(id) { $0.operation = nil } }
}

extension StoreView {
    /// A disk that is part of an instance; throws `state-forbids` where it is no part of it and the principal may see it (`Cloud.disk`), and
    /// `not-found` where they may not.
    func requirePart(_ id: ID<DiskKind>, of instance: ID<InstanceKind>, for verb: Verb, by principal: Principal) throws -> Disk {
        guard let disk = try disks.find(id) else { throw CloudError(.notFound, ["object": id.text]) }
        let isPart = disk.slot != nil
        if isPart, disk.instance == instance { return disk }
        guard let owner = disk.owner, owner == principal.user || principal.holds(.operateHosts) else {
            throw CloudError(.notFound, ["object": id.text])
        }
        let state = isPart ? "attached to another machine" : "detached"
        throw CloudError(
            .stateForbids, ["verb": verb.rawValue, "state": state, "object": id.text, "allowed": "attached to this machine"])
    }

    /// The operation that has a disk; one that has ended has it no more, however it ended.
    func holder(of disk: Disk) throws -> ID<OperationKind>? {
        guard let holder = disk.operation, let run = try run(RunID(holder.text)), !run.state.isTerminal else { return nil }
        return holder
    }
}
