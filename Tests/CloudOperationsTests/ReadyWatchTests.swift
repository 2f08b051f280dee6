// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStore
import CloudStoreSQLite
import CloudTesting
import Testing

@testable import CloudOperations

/// A machine that came up behind everybody's back is ready all the same.
@Suite struct ReadyWatchTests {
    private func readyAt(_ instance: ID<InstanceKind>, at site: Site) throws -> Timestamp? {
        try site.disk.read { try $0.statuses.get(instance).readyAt }
    }

    /// An instance that runs, and whose start was told that its agent does not answer.
    private func late(at site: Site) async throws -> ID<InstanceKind> {
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.host.guests.setAgent(.hangs, of: instance)
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        _ = try await HostWatch(cloud: site.cloud).pass()
        #expect(try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance)).notReady != nil)
        #expect(try readyAt(instance, at: site) == nil)
        return instance
    }

    @Test func aGuestThatAnswersAfterTheLimitIsReady() async throws {
        let site = try await Site()
        let instance = try await late(at: site)
        #expect(try await ReadyWatch(cloud: site.cloud).pass().ready.isEmpty, "its agent is still silent")
        #expect(try readyAt(instance, at: site) == nil)
        try site.host.guests.setAgent(.answers, of: instance)
        #expect(try await ReadyWatch(cloud: site.cloud).pass().ready.isEmpty, "who was silent is let alone for a while")
        site.clock.advance(by: .seconds(10))
        let before = try site.disk.read { try $0.eventRange()?.upperBound ?? 0 }
        #expect(try await ReadyWatch(cloud: site.cloud).pass().ready == [instance])
        #expect(try readyAt(instance, at: site) == site.clock.now())
        let told = try site.disk.read { try $0.events(after: before, limit: 10) }
        #expect(told.map(\.event.code) == ["instance.ready"] && told.map(\.event.object) == [instance.text])
        #expect(try await ReadyWatch(cloud: site.cloud).pass().ready.isEmpty, "once is enough")
    }

    @Test func whatAVerbHasOrIsOffIsNotCalledReady() async throws {
        let site = try await Site()
        let off = try await site.stopped("off", by: site.anna)
        let instance = try await late(at: site)
        try site.host.guests.setAgent(.answers, of: instance)
        _ = try site.disk.write { tx in try tx.statuses.change(instance) { $0.operation = ID(bits: 7, 7) } }
        #expect(try await ReadyWatch(cloud: site.cloud).pass().ready.isEmpty)
        _ = try site.disk.write { tx in try tx.statuses.change(instance) { $0.operation = nil } }
        try site.host.guests.pauseByFullDisk(instance)
        #expect(try await ReadyWatch(cloud: site.cloud).pass().ready.isEmpty)
        #expect(try readyAt(off, at: site) == nil)
    }

    /// Forty that never answer, all of them younger.
    @Test func theSilentTakeNobodysPlace() async throws {
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64))
        let instance = try await late(at: site)
        try site.host.guests.setAgent(.answers, of: instance)
        site.clock.advance(by: .seconds(1))
        _ = try await HostWatch(cloud: site.cloud).pass()
        for other in try await site.launchOneByOne(ReadyWatch.budget + 8, by: site.bela) {
            try site.host.guests.setAgent(.hangs, of: other)
            _ = try site.disk.write { tx in try tx.statuses.change(other) { ($0.readyAt, $0.changedAt) = (nil, site.clock.now()) } }
        }
        #expect(try await ReadyWatch(cloud: site.cloud).pass().ready.isEmpty)
        #expect(try await ReadyWatch(cloud: site.cloud).pass().ready == [instance])
    }

    @Test func aRowThatCannotBeReadHoldsUpNoOther() async throws {
        let site = try await Site()
        let broken = try await site.launch("broken", by: site.bela)[0]
        let instance = try await late(at: site)
        _ = try site.disk.write { tx in try tx.statuses.change(broken) { $0.readyAt = nil } }
        _ = try site.breakStatus(of: broken)
        try site.host.guests.setAgent(.answers, of: instance)
        let report = try await ReadyWatch(cloud: site.cloud).pass()
        #expect(report.ready == [instance] && Array(report.unread.keys) == [broken])
    }
}
