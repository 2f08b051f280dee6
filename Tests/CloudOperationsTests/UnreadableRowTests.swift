// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Testing

/// What people and operators look with shows all but the one machine of which a row cannot be read.
@Suite struct UnreadableRowTests {
    private func site() async throws -> (Site, [ID<InstanceKind>]) {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 3, by: site.anna)
        _ = try await HostWatch(cloud: site.cloud).pass()
        return (site, made)
    }

    @Test func figuresCountItAsUnknown() async throws {
        let (site, made) = try await site()
        #expect(try await site.cloud.figures().instances["running"] == 3)
        let mend = try site.breakStatus(of: made[0])
        let figures = try await site.cloud.figures()
        #expect(figures.instances["running"] == 2 && figures.instances["unknown"] == 1)
        #expect(figures.hosts.map(\.isReachable) == [true])
        try mend()
        #expect(try await site.cloud.figures().instances["unknown"] == 0)
    }

    @Test func listsLeaveItOutAndAFetchSaysWhy() async throws {
        let (site, made) = try await site()
        func listed(by principal: Principal, name: String? = nil) async throws -> [ID<InstanceKind>] {
            try await site.cloud.instances(for: principal, name: name).elements.map(\.instance.id)
        }
        let all = try await listed(by: site.anna)
        #expect(Set(all) == Set(made))
        let mend = try site.breakStatus(of: made[0])
        for principal in [site.anna, site.admin] {
            #expect(try await listed(by: principal) == all.filter { $0 != made[0] })
            let refusal = await #expect(throws: CloudError.self) { _ = try await site.cloud.instance(made[0], for: principal) }
            #expect(refusal?.isUnreadableRow == true)
        }
        #expect(try await site.cloud.instance(made[1], for: site.anna).shown == .known(.running))
        // By its name it is all that there is: that it cannot be read is another answer than that there is none.
        let refusal = await #expect(throws: CloudError.self) { _ = try await listed(by: site.anna, name: "lab-01") }
        #expect(refusal?.isUnreadableRow == true)
        #expect(try await listed(by: site.anna, name: "lab-02").count == 1)
        try mend()
        #expect(try await listed(by: site.anna) == all)
    }

    /// What was asked for of a machine cannot be read: pages leave it out and end where they would.
    @Test func pagesGoOnAroundIt() async throws {
        let (site, made) = try await site()
        let ids = made.sorted()
        try site.breakInstance(ids[1])
        for principal in [site.anna, site.admin] {
            let all = try await site.cloud.instances(for: principal)
            #expect(all.elements.map(\.instance.id) == [ids[0], ids[2]] && all.next == nil)
            let first = try await site.cloud.instances(for: principal, limit: 2)
            #expect(first.elements.map(\.instance.id) == [ids[0]] && first.next == ids[1].text)
            let second = try await site.cloud.instances(for: principal, after: first.next, limit: 2)
            #expect(second.elements.map(\.instance.id) == [ids[2]] && second.next == nil)
            // A page of which nothing can be read hides nothing behind it.
            let hidden = try await site.cloud.instances(for: principal, after: ids[0].text, limit: 1)
            #expect(hidden.elements.map(\.instance.id) == [ids[2]] && hidden.next == nil)
        }
        for id in [ids[0], ids[2]] { try site.breakInstance(id) }
        for principal in [site.anna, site.admin] {
            for limit in [1, 100] {
                let refusal = await #expect(throws: CloudError.self) {
                    _ = try await site.cloud.instances(for: principal, limit: limit)
                }
                #expect(refusal?.isUnreadableRow == true, "an empty list would say that there is nothing")
            }
            #expect(try await site.cloud.instances(for: principal, after: ids[1].text).elements.isEmpty)
        }
    }

    /// Of one machine what was asked for cannot be read, of the other how it is: together, too, they are no empty list.
    @Test func twoThatCannotBeReadForTwoReasonsAreNoEmptyList() async throws {
        let (site, made) = try await site()
        let ids = made.sorted()
        _ = try site.breakStatus(of: ids[0])
        for id in ids.dropFirst() { try site.breakInstance(id) }
        for limit in [1, 2, 100] {
            let refusal = await #expect(throws: CloudError.self) { _ = try await site.cloud.instances(for: site.anna, limit: limit) }
            #expect(refusal?.isUnreadableRow == true, "limit \(limit)")
        }
    }

    /// Of what was done some cannot be read: whatever a page holds, it is gone around.
    @Test func pagesOfActivitiesGoOnAroundIt() async throws {
        let (site, _) = try await site()
        let ids = (1...6).map { _ in site.cloud.world.ids.next(ActivityKind.self) }
        try site.disk.write { tx in
            for (number, id) in ids.enumerated() {
                let moment = Timestamp(seconds: Int64(1000 + number / 2))
                try tx.activities.insert(
                    Activity(
                        id: id, object: "thing", code: "x", parameters: [:], actor: nil, operation: nil, startedAt: moment, endedAt: moment,
                        outcome: nil))
            }
        }
        func listed(_ limit: Int) async throws -> [ID<ActivityKind>] {
            var (found, place, turns): ([ID<ActivityKind>], ActivityPlace?, Int) = ([], nil, 0)
            repeat {
                let page = try await site.cloud.activities(ofObject: "thing", for: site.admin, after: place, limit: limit)
                found += page.elements.map(\.id)
                place = page.next.flatMap { ActivityPlace($0) }
                turns += 1
            } while place != nil && turns < 20
            return found
        }
        let newest = try await listed(100)
        #expect(Set(newest) == Set(ids))
        for broken in [[newest[0], newest[1]], [newest[2], newest[3]], [newest[4]]] {
            for id in broken { try site.breakActivity(id) }
            let left = try await listed(100)
            #expect(left.count < newest.count && left == newest.filter(left.contains) && Set(left).isDisjoint(with: broken))
            for limit in 1...6 { #expect(try await listed(limit) == left, "limit \(limit)") }
        }
        try site.breakActivity(newest[5])
        for limit in [1, 100] { await #expect(throws: CloudError.self) { _ = try await listed(limit) } }
    }

    /// Somebody's operations are listed with the one of which something cannot be read.
    @Test func operationsAreListedWithIt() async throws {
        let (site, made) = try await site()
        let before = try await site.cloud.operations(for: site.anna)
        let broken = ID<OperationKind>(bits: 7, 7)
        try site.breakRun(RunID(broken.text), about: made[1])
        let listed = try await site.cloud.operations(for: site.anna)
        #expect(Array(listed.dropFirst()) == before && listed[0].id.text == broken.text)
        #expect(listed[0].state == .stuck && listed[0].stuck?.failure.code == "store-unavailable")
        #expect(try await site.cloud.operations(for: site.admin, in: .stuck).map(\.id.text) == [broken.text])
        #expect(try await site.cloud.operations(for: site.admin, in: .running).isEmpty)
        let refusal = await #expect(throws: CloudError.self) { _ = try await site.cloud.operation(broken, for: site.anna) }
        #expect(refusal?.isUnreadableRow == true)
    }

    @Test func theAuditNamesItAndComparesTheOthers() async throws {
        let (site, made) = try await site()
        func said() async throws -> [String] { try await Audit(cloud: site.cloud).report(for: site.admin).differences }
        #expect(try await said() == [])
        let mend = try site.breakStatus(of: made[0])
        let row = "the site: row \(made[0]) of statuses cannot be read"
        #expect(try await said() == [row], "what it has on its host is neither missed nor surplus")
        try site.host.guests.crash(made[1])
        try site.breakLease(of: made[2])
        let found = try await said()
        #expect(found.contains("\(SimulatedSite.host): machine \(made[1]) is crashed, and by its record it is not"), "\(found)")
        #expect(found.filter { $0.contains(made[0].text) } == [row])
        #expect(found.filter { $0.contains(made[2].text) } == ["the site: row \(made[2]) of leases cannot be read"])
        try mend()
        #expect(try await said().filter { $0.contains(made[0].text) } == [])
    }

    @Test func portsDisksAndRunsThatCannotBeReadStopNoAudit() async throws {
        let (site, made) = try await site()
        let port = try #require(try site.disk.read { try $0.ports.first(.equals(.instance, .id(made[0]))) })
        try site.breakPort(port.id)
        // A data disk that an operation has whose row cannot be read.
        let broken = ID<OperationKind>(bits: 7, 7)
        try site.breakRun(RunID(broken.text), about: made[1])
        let disk = try #require(try site.disk.read { try $0.disks.first(.equals(.instance, .id(made[1]))) })
        try site.disk.write { tx in _ = try tx.disks.change(disk.id) { $0.operation = broken } }
        let report = try await Audit(cloud: site.cloud).report(for: site.admin)
        #expect(report.differences.contains("the site: row \(port.id) of ports cannot be read"), "\(report.differences)")
        #expect(report.differences.contains("the site: operation \(broken) has not ended, and its row cannot be read"))
        #expect(!report.differences.contains { $0.contains(disk.id.text) || $0.contains(made[2].text) }, "\(report.differences)")
    }
}
