// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow

extension StoreTrial {
    func neighbours() async throws {
        let users = try (0..<60).map { try sample(User.self, UInt64($0)) }
        let outcomes = try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
            for (number, user) in users.enumerated() {
                group.addTask {
                    do {
                        try await store.write { tx in
                            try tx.insert(user)
                            try tx.addEvent(NewEvent(code: "user.changed", object: user.key, operation: nil, at: Timestamp(seconds: 1)))
                            if number % 4 == 0 { throw BodyFailed(number: number) }
                        }
                        return (number, true)
                    } catch let error as BodyFailed {
                        try self.expect(error.number, is: number, "whose error")
                        return (number, false)
                    }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (number, user) in users.enumerated() {
            try expect(outcomes[number], is: number % 4 != 0, "outcome of write \(number)")
            let row = try await store.read { try $0.users.find(user.id) }
            try expect(row != nil, is: number % 4 != 0, "row of write \(number)")
        }
        let events = try await store.read { try $0.events(after: 0, limit: 100) }
        try expect(events.map(\.number), is: Array(1...45), "event numbers")
    }

    func limits(limit: Int, used: Int) async throws {
        let account = QuotaAccount(id: "grp-1", limits: ResourceAmounts(instances: limit), used: ResourceAmounts(instances: used))
        let network = ID<NetworkKind>(bits: 1, 0)
        let (ports, late) = (try (1...200).map { try sample(InstancePort.self, UInt64($0)) }, try sample(InstancePort.self, 999))
        try await store.write { try $0.insert(account) }
        let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
            for port in ports {
                group.addTask { try await take(port, in: network, of: account.id) }
            }
            for _ in 0..<20 {
                group.addTask {
                    try await self.balances(account.id, from: used)
                    return false
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        try expect(taken, is: limit - used, "successes")
        try await balances(account.id, from: used)
        try expect(try await take(late, in: network, of: account.id), is: false, "one more, after the storm")
        let addresses = try await store.read { try $0.ports.all().map(\.ipv4.number) }
        try expect(addresses.sorted(), is: Array(1...UInt32(limit - used)), "addresses given")
    }

    /// Takes one of the quota and the lowest free address, in one transaction; false where the quota is used up.
    private func take(_ port: InstancePort, in network: ID<NetworkKind>, of account: String) async throws -> Bool {
        do {
            try await store.write { tx in
                guard var row = try tx.find(QuotaAccount.self, account) else { throw CloudError(.notFound, ["object": account]) }
                guard row.used.instances < row.limits?.instances ?? 0 else { throw CloudError(.quotaExceeded, ["quota": "instances"]) }
                row.used.instances += 1
                try tx.update(row)
                let given = Set(try tx.ports.all(.equals(.network, .id(network))).map(\.ipv4.number))
                var next = port
                next.network = network
                next.ipv4 = IPv4Address(number: (1...UInt32.max).first { !given.contains($0) } ?? 0)
                try tx.insert(next)
            }
            return true
        } catch let refusal as CloudError where refusal.code == .quotaExceeded { return false }
    }

    private func balances(_ account: String, from start: Int) async throws {
        try await store.read { view in
            let used = try view.quotas.find(key: account)?.used.instances
            try self.expect(used, is: try view.ports.count() + start, "what the counter says, against a recount")
        }
    }

    func events() async throws {
        try expect(try await store.read { try $0.eventRange() }, is: nil, "range of no events")
        for number in 1...5 {
            let event = NewEvent(code: "instance.changed", object: "vm-\(number)", operation: nil, at: Timestamp(seconds: Int64(number)))
            do {
                try await store.write { tx in
                    try tx.addEvent(event)
                    try tx.addEvent(event)
                    if number % 2 == 0 { throw BodyFailed(number: number) }
                }
            } catch is BodyFailed {}
        }
        try await store.read { view in
            let events = try view.events(after: 0, limit: 100)
            try self.expect(events.map(\.number), is: [1, 2, 3, 4, 5, 6], "numbers")
            try self.expect(events.map(\.event.object), is: ["vm-1", "vm-1", "vm-3", "vm-3", "vm-5", "vm-5"], "order")
            try self.expect(try view.events(after: 2, limit: 3).map(\.number), is: [3, 4, 5], "a page")
            try self.expect(try view.events(after: 6, limit: 3), is: [], "after the last")
            try self.expect(try view.eventRange(), is: 1...6, "range")
        }
        try await store.write { tx in
            try tx.deleteEvents(through: 4)
            try tx.deleteEvents(through: 2)
            try self.expect(try tx.eventRange(), is: 5...6, "range after a deletion, and a repeat")
            try tx.deleteEvents(through: 6)
            try tx.addEvent(NewEvent(code: "instance.changed", object: "vm-7", operation: nil, at: Timestamp(seconds: 7)))
        }
        try expect(try await store.read { try $0.eventRange() }, is: 7...7, "the number after all were deleted")
    }

    func epoch(_ fixture: any StoreFixture) async throws {
        let user = try sample(User.self, 1)
        let next = try await fixture.reopen(store)
        let before = try await next.dump()
        try await expect("epoch-stale, which decides nothing") {
            ($0 as? CloudError)?.code == .epochStale && store.isFailure($0)
        } from: {
            try await store.write { try $0.insert(user) }
        }
        try expect(try await next.dump() == before, "an older epoch wrote")
        try await next.write { try $0.insert(user) }
        try expect(try await next.read { try $0.users.find(user.id) }, is: user, "what the new manager wrote")
    }

    func newer(_ fixture: any StoreFixture) async throws {
        try await expect("store-newer") {
            ($0 as? CloudError)?.code == .storeNewer
        } from: {
            _ = try await fixture.reopenAfterNewer(store)
        }
    }
}
