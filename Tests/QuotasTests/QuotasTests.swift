// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Quotas
import Testing

/// No sequence of takes goes over a limit that it touches, a refusal takes nothing and names the quota with its figures, and giving back
/// restores what was there (invariant I22).
@Suite struct QuotasTests {
    private static let limits = ResourceAmounts(
        instances: 30, disk: .gibibytes(600), cpus: CPUCount(60), memory: .gibibytes(120), forwardedPorts: 30)
    private func account(_ used: ResourceAmounts, _ limits: ResourceAmounts = limits) -> QuotaAccount {
        QuotaAccount(id: "grp-1", limits: limits, used: used)
    }

    @Test func theLastOneFitsAndTheNextDoesNot() throws {
        let one = ResourceAmounts(instances: 1)
        #expect(try Quotas.take(one, from: account(ResourceAmounts(instances: 29)), defaults: .zero).instances == 30)
        let refusal = CloudError(
            .quotaExceeded, ["quota": "instances", "limit": "30", "used": "30", "asked": "1", "group": "grp-1"])
        #expect(throws: refusal) { try Quotas.take(one, from: account(ResourceAmounts(instances: 30)), defaults: .zero) }
        #expect(throws: CloudError.self) {
            try Quotas.take(ResourceAmounts(instances: 2), from: account(ResourceAmounts(instances: 29)), defaults: .zero)
        }
    }

    @Test func everyQuotaIsJudgedAndNamed() {
        let over: [(String, ResourceAmounts)] = [
            ("instances", ResourceAmounts(instances: 31)), ("disk", ResourceAmounts(disk: .gibibytes(601))),
            ("cpus", ResourceAmounts(cpus: CPUCount(61))), ("memory", ResourceAmounts(memory: .gibibytes(121))),
            ("forwarded-ports", ResourceAmounts(forwardedPorts: 31)),
        ]
        for (name, needs) in over {
            do {
                _ = try Quotas.take(needs, from: account(.zero), defaults: .zero)
                Issue.record("\(name) was not judged")
            } catch { #expect(error.code == .quotaExceeded && error.parameters["quota"] == name) }
        }
        #expect(throws: Never.self) { try Quotas.take(Self.limits, from: account(.zero), defaults: .zero) }
    }

    @Test func sizesAreToldForPeople() {
        let used = ResourceAmounts(disk: .gibibytes(590))
        let refusal = CloudError(
            .quotaExceeded, ["quota": "disk", "limit": "600 GiB", "used": "590 GiB", "asked": "20 GiB", "group": "grp-1"])
        #expect(throws: refusal) { try Quotas.take(ResourceAmounts(disk: .gibibytes(20)), from: account(used), defaults: .zero) }
    }

    @Test func whatIsNotAskedForIsNotRefused() throws {
        // A limit that was lowered below the use holds back only what needs more of it.
        let used = ResourceAmounts(instances: 40, cpus: CPUCount(10))
        #expect(try Quotas.take(ResourceAmounts(cpus: CPUCount(1)), from: account(used), defaults: .zero).cpus == CPUCount(11))
        #expect(throws: CloudError.self) { try Quotas.take(ResourceAmounts(instances: 1), from: account(used), defaults: .zero) }
    }

    @Test func hugeNumbersAreRefusedAndNegativeOnesAreNothing() {
        let huge = ResourceAmounts(
            instances: .max, disk: ByteCount(bytes: .max), cpus: CPUCount(.max), memory: ByteCount(bytes: .max), forwardedPorts: .max)
        #expect(throws: CloudError.self) { try Quotas.take(huge, from: account(ResourceAmounts(instances: 1)), defaults: .zero) }
        #expect(ResourceAmounts(instances: -5, forwardedPorts: -1) == .zero)
        #expect(huge + huge == huge)
    }

    @Test func anySequenceStaysWithinAndComesBack() {
        var state: UInt64 = 3
        func below(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        for _ in 0..<200 {
            var used = ResourceAmounts.zero
            var taken: [ResourceAmounts] = []
            for _ in 0..<60 {
                if below(3) == 0, !taken.isEmpty {
                    used = Quotas.giveBack(taken.remove(at: below(UInt64(taken.count))), to: account(used))
                } else {
                    let needs = ResourceAmounts(
                        instances: below(4), disk: .gibibytes(Int64(below(80))), cpus: CPUCount(below(9)),
                        memory: .gibibytes(Int64(below(17))), forwardedPorts: below(4))
                    if let after = try? Quotas.take(needs, from: account(used), defaults: .zero) {
                        used = after
                        taken.append(needs)
                    }
                }
                #expect(used == taken.reduce(.zero, +), "the use is not the recount")
                #expect((try? Quotas.take(.zero, from: account(used), defaults: .zero)) == used)
                #expect(used.instances <= 30 && used.disk <= Self.limits.disk && used.cpus <= Self.limits.cpus)
                #expect(used.memory <= Self.limits.memory && used.forwardedPorts <= 30)
            }
            for amounts in taken { used = Quotas.giveBack(amounts, to: account(used)) }
            #expect(used == .zero)
        }
    }
}
