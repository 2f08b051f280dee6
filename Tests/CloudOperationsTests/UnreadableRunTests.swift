// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Synchronization
import Testing

/// An operation whose row cannot be read stands still alone, and whoever looks sees it.
@Suite struct UnreadableRunTests {
    private let broken = RunID(ID<OperationKind>(bits: 7, 7).text)

    @Test func itHoldsUpNoOtherAndIsToldOnce() async throws {
        let site = try await Site()
        let one = try await site.launch("one", by: site.anna)[0]
        try site.breakRun(broken, about: one)
        let told = Mutex<[RunID]>([])
        let cloud = Cloud(world: site.cloud.world, clock: site.clock.waiting) { notice in
            guard case .unreadable(let run, _) = notice else { return }
            told.withLock { $0.append(run) }
        }
        _ = try await HostWatch(cloud: cloud).pass()
        let made = try await cloud.perform(cloud.request(template: site.template, name: "next", by: site.bela))
        try await cloud.runner.recover()
        #expect(try await cloud.instance(made[0], for: site.bela).status.state == .running, "a launch's start is taken up")
        try await cloud.runner.recover()
        #expect(told.withLock { $0 } == [broken])
    }

    @Test func figuresAndAuditNameIt() async throws {
        let site = try await Site()
        let one = try await site.launch("one", by: site.anna)[0]
        #expect(try await site.cloud.figures().operations["stuck"] == 0)
        try site.breakRun(broken, about: one)
        #expect(try await site.cloud.figures().operations["stuck"] == 1)
        let report = try await Audit(cloud: site.cloud).report(for: site.admin)
        #expect(report.openOperations == 1)
        #expect(report.differences == ["the site: operation \(broken) has not ended, and its row cannot be read"])
    }

    @Test func aRestoreSettlesTheOthers() async throws {
        let site = try await Site()
        let one = try await site.launch("one", by: site.anna)[0]
        try site.breakRun(broken, about: one)
        let other = RunRecord(
            id: RunID(ID<OperationKind>(bits: 8, 8).text), kind: "disk.collect", version: 1, input: "{}", actor: "", object: "disk")
        try site.disk.write { try $0.journal.begin(other) }
        for operations in [1, 0] {
            let report = try await Restored.settle(site.disk, at: site.clock.now())
            #expect(report.operations == operations)
        }
        #expect(try site.disk.read { try $0.run(other.id)?.state } == .superseded)
        #expect(try site.disk.read { try $0.alarms.all() }.map { [$0.id, $0.code] } == [[broken.text, "remains-unknown"]])
    }
}
