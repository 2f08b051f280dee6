// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

extension SimulatedHypervisor {
    /// As ``GuestDisks/attach(_:slot:to:_:)``; a place where another disk is cannot be had.
    public func attach(_ disk: GuestDisk, slot: Int, to instance: ID<InstanceKind>, _ command: Command) async throws {
        try await effect("disk.attach", on: instance, command) { state, _ throws(CloudError) in
            let guest = try state.mustRun(instance, for: "attach-disk")
            var (disks, places) = (guest.description.disks, guest.places)
            guard !disks.contains(where: { $0.disk == disk.disk }) else { return }
            guard !places.contains(slot) else {
                throw CloudError(.internalFault, ["part": "hypervisor"], detail: "another disk is at the place \(slot)")
            }
            let index = places.firstIndex { $0 > slot } ?? places.endIndex
            disks.insert(disk, at: index)
            places.insert(slot, at: index)
            state.setDisks(disks, at: places, of: instance)
        }
    }

    /// As ``GuestDisks/detach(_:from:_:)``: one that obeys lets it go at once, any other never.
    public func detach(_ disk: ID<DiskKind>, from instance: ID<InstanceKind>, _ command: Command) async throws {
        try await effect("disk.detach", on: instance, command) { state, _ throws(CloudError) in
            try state.mustNotBeForeign(instance)
            guard let guest = state.guests[instance] else { throw CloudError(.notFound, ["object": instance.text]) }
            guard guest.obeys, let index = guest.description.disks.firstIndex(where: { $0.disk == disk }) else { return }
            var (disks, places) = (guest.description.disks, guest.places)
            disks.remove(at: index)
            places.remove(at: index)
            state.setDisks(disks, at: places, of: instance)
        }
    }

    /// As ``GuestDisks/grow(_:to:of:_:)``: the sizes of disks are their store's, which is told by what keeps the whole host.
    public func grow(_ disk: GuestDisk, to size: ByteCount, of instance: ID<InstanceKind>, _ command: Command) async throws {
        let grew = grew
        try await effect("disk.grow", on: instance, command) { state, _ throws(CloudError) in
            guard try state.mustRun(instance, for: "grow-disk").description.disks.contains(where: { $0.disk == disk.disk }) else {
                throw CloudError(.notFound, ["object": disk.disk.text])
            }
        }
        try grew(disk.disk, size)
    }

    /// As ``GuestDisks/disks(of:)``.
    public func disks(of instance: ID<InstanceKind>) async throws -> [ID<DiskKind>] {
        try await read("disk.list", instance.text) { state, _ in
            (state.guests[instance]?.description.disks.map(\.disk) ?? []).sorted()
        }
    }
}

extension SimulatedHostState {
    func mustRun(_ instance: ID<InstanceKind>, for verb: String) throws(CloudError) -> SimulatedGuest {
        try guest(instance, for: verb, [.running])
    }

    /// - Parameter places: nil for those that were there.
    mutating func setDisks(_ disks: [GuestDisk], at places: [Int]? = nil, of instance: ID<InstanceKind>) {
        guard let description = guests[instance]?.description else { return }
        if let places { guests[instance]?.places = places }
        guests[instance]?.description = description.with(disks: disks)
    }
}
