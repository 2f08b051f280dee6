// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStore
import CloudStoreSQLite
import CloudWorkflow
import Testing

/// A data disk is a person's: it goes from one of their machines to another, outlives them, and is nobody else's to take.
@Suite struct DataDiskTests {
    private func code(_ body: () async throws -> some Any) async -> ErrorCode? {
        do { _ = try await body() } catch let refusal as RunRefused { return ErrorCode(rawValue: refusal.failure.code) } catch {
            return (error as? CloudError)?.code
        }
        return nil
    }
    private func refusal(of operation: some CloudOperation, at site: Site) async -> CloudError? {
        do { _ = try await site.cloud.perform(operation) } catch let refused as RunRefused { return CloudError(refused.failure) } catch {
            return error as? CloudError
        }
        return nil
    }
    private func used(_ site: Site, _ principal: Principal) throws -> ByteCount {
        try site.disk.read { try $0.quotas.find(key: principal.user.text)?.used.disk ?? .zero }
    }

    @Test func aDiskGoesFromMachineToMachineAndOutlivesThem() async throws {
        let site = try await Site()
        let before = try used(site, site.anna)
        // The first machine has been through many verbs, so that hosts know the disk by a newer fence than the second machine's.
        let (first, disk) = try await site.withDataDisk("first", by: site.anna)
        for _ in 0..<3 {
            _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: first))
            _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: first))
            _ = try await HostWatch(cloud: site.cloud).pass()
        }
        _ = try await site.cloud.perform(GrowDisk(by: site.anna, instance: first, disk: disk, size: .gibibytes(2)))
        _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: first, disk: disk))
        #expect(try await site.cloud.disks(for: site.anna).elements.map(\.id) == [disk])
        #expect(try await site.cloud.disks(for: site.bela).elements.isEmpty)

        let second = try await site.launch("second", by: site.anna)[0]
        _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: second, disk: disk, size: nil))
        #expect(try await site.host.guests.disks(of: second).contains(disk), "a guest that runs has it at once")
        _ = try await site.cloud.perform(GrowDisk(by: site.anna, instance: second, disk: disk, size: .gibibytes(3)))
        #expect(site.host.disks.snapshot().disks[disk]?.virtualSize == .gibibytes(3))
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences.isEmpty)

        for instance in [first, second] { _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance)) }
        #expect(try await site.cloud.disk(disk, for: site.anna).slot == nil, "a machine that goes lets it go")
        #expect(try used(site, site.anna) == before + .gibibytes(3))
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences.isEmpty)
        _ = try await site.cloud.perform(DeleteDisk(by: site.anna, disk: disk))
        #expect(try used(site, site.anna) == before && site.host.disks.snapshot().disks[disk] == nil)
    }

    @Test func whatIsAskedForAmissIsRefused() async throws {
        let site = try await Site()
        let (instance, disk) = try await site.withDataDisk("mine", by: site.anna)
        let other = try await site.stopped("other", by: site.anna)
        let belas = try await site.stopped("belas", by: site.bela)
        let cloud = site.cloud
        #expect(await code { try await cloud.perform(DeleteDisk(by: site.anna, disk: disk)) } == .stateForbids, "it is attached")
        let twice = AttachDisk(by: site.anna, instance: other, disk: disk, size: nil)
        #expect(await code { try await cloud.perform(twice) } == .stateForbids)
        _ = try await cloud.perform(DetachDisk(by: site.anna, instance: instance, disk: disk))
        #expect(await code { try await cloud.perform(DeleteDisk(by: site.bela, disk: disk)) } == .notFound, "another's")
        let stolen = AttachDisk(by: site.bela, instance: belas, disk: disk, size: nil)
        #expect(await code { try await cloud.perform(stolen) } == .notFound)
        let lent = AttachDisk(by: site.admin, instance: belas, disk: disk, size: nil)
        #expect(await code { try await cloud.perform(lent) } == .notFound, "it goes to its owner's machines only")
        let boots = try await cloud.instance(instance, for: site.anna).disks[0]
        let bare = DetachDisk(by: site.anna, instance: instance, disk: boots.id)
        #expect(await code { try await cloud.perform(bare) } == .invalidField)
        for size in [boots.virtualSize, .zero, ByteCount(bytes: boots.virtualSize.bytes + 1), ByteCount(bytes: .max)] {
            let grow = GrowDisk(by: site.anna, instance: instance, disk: boots.id, size: size)
            #expect(await code { try await cloud.perform(grow) } == .invalidField, "\(size)")
        }
        let huge = GrowDisk(by: site.anna, instance: instance, disk: boots.id, size: .gibibytes(20_000))
        #expect(await code { try await cloud.perform(huge) } == .quotaExceeded)
        for size in [ByteCount.zero, ByteCount(bytes: 511)] {
            let odd = AttachDisk(by: site.anna, instance: instance, disk: cloud.world.ids.next(DiskKind.self), size: size)
            #expect(await code { try await cloud.perform(odd) } == .invalidField)
        }
        let pending = try await site.make("pending", by: site.anna)
        let early = AttachDisk(by: site.anna, instance: pending, disk: disk, size: nil)
        #expect(await code { try await cloud.perform(early) } == .stateForbids)
        #expect(try await Audit(cloud: cloud).report(for: site.admin).differences.isEmpty)
    }

    /// A disk that one may see is not said to be none; what it is to others, it is to those only.
    @Test func aDiskThatIsNotOfTheMachineIsSaidToBeSo() async throws {
        let site = try await Site()
        let (instance, disk) = try await site.withDataDisk("mine", by: site.anna)
        let other = try await site.stopped("other", by: site.anna)
        let belas = try await site.stopped("belas", by: site.bela)
        func words(_ verb: Verb, _ state: String) -> CloudError {
            let words = ["verb": verb.rawValue, "state": state, "object": disk.text, "allowed": "attached to this machine"]
            return CloudError(.stateForbids, words)
        }
        func expectRefused(_ principal: Principal, of machine: ID<InstanceKind>, _ refused: (Verb) -> CloudError) async throws {
            let before = try await site.snapshot(.state)
            let grow = GrowDisk(by: principal, instance: machine, disk: disk, size: .gibibytes(3))
            #expect(await refusal(of: grow, at: site) == refused(.growDisk))
            let detach = DetachDisk(by: principal, instance: machine, disk: disk)
            #expect(await refusal(of: detach, at: site) == refused(.detachDisk))
            #expect(try await before.difference(to: site.snapshot(.state)) == [])
        }
        let unseen: (Verb) -> CloudError = { _ in CloudError(.notFound, ["object": disk.text]) }
        try await expectRefused(site.anna, of: other) { words($0, "attached to another machine") }
        try await expectRefused(site.bela, of: belas, unseen)
        _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: instance, disk: disk))
        for machine in [instance, other] { try await expectRefused(site.anna, of: machine) { words($0, "detached") } }
        try await expectRefused(site.bela, of: belas, unseen)
        let boots = try await site.cloud.instance(other, for: site.anna).disks[0].id
        let foreign = DetachDisk(by: site.anna, instance: instance, disk: boots)
        #expect(await refusal(of: foreign, at: site) == CloudError(.notFound, ["object": boots.text]), "nobody is shown it as a disk")
    }

    /// A guest that does not let it go keeps it, and nothing has changed.
    @Test func aGuestThatKeepsItsDiskKeepsIt() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let disk = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: instance, disk: disk, size: .gibibytes(1)))
        try site.host.guests.setObedience(false, of: instance)
        let detach = DetachDisk(by: site.anna, instance: instance, disk: disk)
        #expect(await code { try await site.cloud.perform(detach) } == .timedOut)
        let view = try await site.cloud.instance(instance, for: site.anna)
        #expect(view.disks.map(\.id).contains(disk) && view.status.operation == nil)
        #expect(try await site.host.guests.disks(of: instance).contains(disk))
    }

    @Test func aMachineHasSoManyDisksAndNoMore() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        func attach() -> AttachDisk {
            AttachDisk(
                by: site.anna, instance: instance, disk: site.cloud.world.ids.next(DiskKind.self), size: .mebibytes(1))
        }
        for _ in 1..<16 { _ = try await site.cloud.perform(attach()) }
        #expect(await code { try await site.cloud.perform(attach()) } == .invalidField)
        let disks = try await site.cloud.instance(instance, for: site.anna).disks
        _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: instance, disk: disks[3].id))
        _ = try await site.cloud.perform(attach())
        #expect(try await site.cloud.instance(instance, for: site.anna).disks.compactMap(\.slot) == Array(0..<16))
    }

    /// A guest that runs for months, and whose disks change by turns, never comes to the end of its bus.
    @Test func aPlaceThatADiskLeftIsTakenByTheNext() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        func attach() async throws -> ID<DiskKind> {
            try await site.cloud.perform(
                AttachDisk(by: site.anna, instance: instance, disk: site.cloud.world.ids.next(DiskKind.self), size: .mebibytes(1)))
        }
        func detach(_ disk: ID<DiskKind>) async throws {
            _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: instance, disk: disk))
        }
        var last = try await attach()
        let stays = try await attach()
        for _ in 0..<3 {
            try await detach(last)
            last = try await attach()
            let disks = try await site.cloud.instance(instance, for: site.anna).disks
            #expect(disks.compactMap(\.slot) == [0, 1, 2] && disks[1].id == last && disks[2].id == stays)
            #expect(site.host.snapshot().guests.guests[instance]?.places == [0, 1, 2], "in the guest as in the records")
        }
        // One that is not let go keeps its place, also when that was the lowest, and the next has another.
        try site.host.guests.setObedience(false, of: instance)
        let refused = DetachDisk(by: site.anna, instance: instance, disk: last)
        #expect(await code { try await site.cloud.perform(refused) } == .timedOut)
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await attach()
        #expect(site.host.snapshot().guests.guests[instance]?.places == [0, 1, 2, 3])
    }
}
