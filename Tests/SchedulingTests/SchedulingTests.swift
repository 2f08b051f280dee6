// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Scheduling
import Testing

/// A host is taken only where everything fits at the moment of the decision (invariants I9, I11, I12); the same facts give the same
/// host in whatever order they come; who is rejected has a sentence.
@Suite struct SchedulingTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let instance = ID<InstanceKind>(bits: 0, 1)

    private func host(
        _ number: UInt64, state: HostState = .active, memory: ByteCount = .gibibytes(16), reserve: ByteCount = .gibibytes(2), cpus: Int = 4,
        ratio: Int = 2, disk: ByteCount = .gibibytes(100), claimed: ResourceAmounts = .zero, age: Duration? = .seconds(1),
        store: UInt64 = 1
    ) throws -> HostFacts {
        let id = ID<HostKind>(bits: 0, number)
        let host = CloudHost(
            id: id, name: try DisplayName("host \(number)"), state: state, reserve: reserve, cpuRatio: ratio, store: ID(bits: 0, store))
        let evidence = age.map {
            HostEvidence(
                id: id, report: 1, bootID: "b", cpus: CPUCount(cpus), memory: memory, freeDisk: disk, totalDisk: disk, seenAt: Self.now - $0
            )
        }
        return HostFacts(host: host, evidence: evidence, claimed: claimed)
    }
    private let demand = ResourceAmounts(disk: .gibibytes(10), cpus: CPUCount(2), memory: .gibibytes(4))
    private func place(_ demand: ResourceAmounts? = nil, _ hosts: [HostFacts], by policy: PlacementPolicy = .striping) throws(CloudError)
        -> Placement
    {
        try Scheduling.place(
            PlacementDemand(demand ?? self.demand, of: Self.instance, in: ID(bits: 0, 1)), on: hosts, by: policy, freshness: .seconds(15),
            at: Self.now)
    }

    @Test func everyReasonHasItsSentence() throws {
        let hosts = [
            try host(1, state: .passive), try host(2, state: .disabled), try host(3, age: nil), try host(4, age: .seconds(16)),
            try host(5, memory: .gibibytes(5)), try host(6, cpus: 1, ratio: 1), try host(7, disk: .gibibytes(9)),
            try host(9, store: 2),
        ]
        let sentences = [
            "host 1 is passive", "host 2 is disabled", "host 3 has never reported", "host 4 was last heard of 16 s ago",
            "host 5 has 3 GiB of memory free, 4 GiB are needed", "host 6 has 1 processors free at 1 per real one, 2 are needed",
            "host 7 has 9 GiB of disk free, 10 GiB are needed", "host 9 does not see \(ID<StoreKind>(bits: 0, 1)), where the disk is",
        ]
        let refusal = CloudError(.noHost, ["instance": Self.instance.text, "hosts": sentences.joined(separator: "; ")])
        #expect(throws: refusal) { try place(nil, hosts.reversed()) }
        let placed = try place(nil, hosts + [try host(8)])
        #expect(placed.host == ID(bits: 0, 8) && placed.rejections.map(\.description) == sentences)
        #expect(throws: CloudError(.noHost, ["instance": Self.instance.text, "hosts": "there is no host"])) { try place(nil, []) }
    }

    @Test func whereNobodyHearsOfAHostThatMightRunItThatIsTheAnswer() throws {
        let silent = [try host(2, age: .seconds(16)), try host(1, age: nil), try host(3, state: .disabled), try host(4, store: 2)]
        #expect(throws: CloudError(.hostUnreachable, ["host": "host 1, host 2"])) { try place(nil, silent) }
        // One that is heard of and is full is the reason.
        let refusal = #expect(throws: CloudError.self) { try place(nil, silent + [try host(5, memory: .gibibytes(5))]) }
        #expect(refusal?.code == .noHost)
    }

    @Test func whatJustFitsIsTakenAndOneMoreIsNot() throws {
        let exact = try host(
            1, memory: .gibibytes(6), cpus: 1, ratio: 2, disk: .gibibytes(10), age: .seconds(15))
        #expect(try place(nil, [exact]).host == exact.host.id)
        for more in [
            ResourceAmounts(disk: ByteCount(bytes: 1)), ResourceAmounts(cpus: CPUCount(1)), ResourceAmounts(memory: ByteCount(bytes: 1)),
        ] { #expect(throws: CloudError.self) { try place(demand + more, [exact]) } }
        let claimed = try host(
            1, memory: .gibibytes(6), cpus: 1, ratio: 2, disk: .gibibytes(10), claimed: ResourceAmounts(memory: ByteCount(bytes: 1)))
        #expect(throws: CloudError.self) { try place(nil, [claimed]) }
    }

    @Test func packingTakesTheFullestAndStripingTheEmptiest() throws {
        let hosts = [
            try host(1, claimed: ResourceAmounts(memory: .gibibytes(4))), try host(2, claimed: ResourceAmounts(memory: .gibibytes(8))),
            try host(3),
        ]
        #expect(try place(nil, hosts, by: .packing).host == ID(bits: 0, 2))
        #expect(try place(nil, hosts, by: .striping).host == ID(bits: 0, 3))
    }

    @Test func theOrderOfTheHostsDoesNotMatter() throws {
        let equal = try (1...6).map { try host($0) }
        for policy in PlacementPolicy.allCases {
            for shift in equal.indices {
                let turned = Array(equal[shift...] + equal[..<shift])
                #expect(try place(nil, turned, by: policy) == (try place(nil, equal, by: policy)))
            }
            #expect(try place(nil, equal, by: policy).host == equal.map(\.host.id).min())
        }
    }

    @Test func absurdNumbersAreRefusedWithoutATrap() throws {
        let huge = ResourceAmounts(disk: ByteCount(bytes: .max), cpus: CPUCount(.max), memory: ByteCount(bytes: .max))
        #expect(throws: CloudError.self) { try place(huge, [try host(1)]) }
        #expect(throws: CloudError.self) { try place(nil, [try host(1, claimed: huge)]) }
        #expect(throws: CloudError.self) { try place(nil, [try host(1, memory: .zero, reserve: .gibibytes(1))]) }
        #expect(throws: Never.self) { try place(nil, [try host(1, cpus: .max, ratio: .max)]) }
        #expect(throws: CloudError.self) { try place(nil, [try host(1, ratio: -3)]) }
    }

    @Test func aClassFillsTheHostsAndNeverOverfillsOne() throws {
        for policy in PlacementPolicy.allCases {
            var claims: [ID<HostKind>: ResourceAmounts] = [:]
            var placed = 0
            while placed < 100 {
                let hosts = try (1...5).map { try host($0, claimed: claims[ID(bits: 0, $0)] ?? .zero) }
                guard let placement = try? place(nil, hosts, by: policy) else { break }
                claims[placement.host, default: .zero] = (claims[placement.host] ?? .zero) + demand
                placed += 1
            }
            // 14 GiB are free on each: three of 4 GiB fit.
            #expect(placed == 15)
            #expect(claims.values.allSatisfy { $0.memory <= .gibibytes(14) && $0.cpus <= CPUCount(8) })
        }
    }
}
