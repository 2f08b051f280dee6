// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import NetFabric
import Testing

@testable import NetFabricLinux

/// Pictures of one network that are asked for at the same time.
@Suite(.timeLimit(.minutes(5))) struct PicturesAtOnceTests {
    private let host: StubHost
    private let fabric: LinuxFabric
    private let network: FabricNetwork

    init() throws {
        host = try StubHost()
        fabric = try host.fabric()
        network = FabricNetwork(
            id: try #require(ID("net-x")), vlan: 7, ipv4: try #require(IPv4Network("10.9.1.0/24")),
            gateway: try #require(IPv4Address("10.9.1.1")), ipv6Prefix: nil, domain: "lab.test")
        let names = NetworkNames(network.id)
        for path in ["ipv6/conf/\(names.hostEnd)/disable_ipv6", "ipv4/conf/\(names.hostEnd)/route_localnet"] {
            try host.write("/proc/sys/net/\(path)", "0\n")
        }
        // What a whole making leaves, by which the short way knows that it may be gone.
        try host.write("/run/netns/\(names.namespace)", "")
        try host.make("/sys/class/net/\(names.hostEnd)")
    }

    /// - Parameter again: tells commands apart that ask for the same.
    private func apply(_ serial: Int64, again: String = "") async throws -> Int64 {
        try await fabric.apply(
            NetworkPicture(serial: serial, network: network, ports: [], forwards: []), LinuxFabricTests.command("at \(serial)\(again)"))
    }

    /// Asks for the first picture, and for the others while its first call is under way; gives what each was answered, nil for a refusal.
    private func apply(_ first: Int64, then others: [Int64], again: String = "") async throws -> [Int64: Int64?] {
        host.hold(true)
        return await withTaskGroup(of: (Int64, Int64?).self) { group in
            func ask(_ serial: Int64) { group.addTask { (serial, try? await apply(serial, again: again)) } }
            ask(first)
            while !host.isWaiting { await Task.yield() }
            for (number, serial) in others.enumerated() {
                ask(serial)
                while fabric.makings.waiting(of: network.id) < number + 2 { await Task.yield() }
            }
            host.hold(false)
            return await group.reduce(into: [:]) { $0[$1.0] = .some($1.1) }
        }
    }

    /// How many pictures were made: all of it, or by the short way.
    private func made() -> (whole: Int, short: Int) {
        let calls = host.story().split(separator: "\n")
        let rules = calls.count { $0.contains("nsenter") && $0.contains("nft -f -") }
        // A whole making gives addresses, too.
        let whole = calls.count { $0.contains("tee") && $0.contains("arp_ignore") }
        return (whole, rules - whole)
    }

    @Test("of thirty that wait while one is made, the newest is made, and answers all of them")
    func onlyTheNewestIsMade() async throws {
        let answers = try await apply(1, then: Array(2...31))
        #expect(answers[1] == 1 && answers.filter { $0.key > 1 }.allSatisfy { $0.value == 31 })
        #expect(made() == (1, 1))
        #expect(fabric.makings.waiting(of: network.id) == 0)
    }

    @Test("an older one that comes while a newer one is made needs no making")
    func anOlderOneIsServedByTheNewer() async throws {
        #expect(try await apply(30, then: [5, 29, 30], again: " late") == [30: 30, 5: 30, 29: 30])
        #expect(made() == (1, 0))
        #expect(try await apply(29, again: " again") == 30)
        #expect(made() == (0, 0))
    }

    @Test("whoever asks for what is there has seen that it is not as it should be: all is made, also where a newer one is waited for")
    func aRepairIsNoShortWay() async throws {
        #expect(try await apply(1) == 1)
        _ = made()
        host.hold(true)
        let answers = try await withThrowingTaskGroup(of: Int64.self) { group in
            group.addTask { try await apply(2) }
            while !host.isWaiting { await Task.yield() }
            // In line, and not only on the way there: who comes first is what this is about.
            group.addTask { try await apply(2, again: " as it should be") }
            while fabric.turnstile.waiters(network.id.text) < 1 { await Task.yield() }
            group.addTask { try await apply(3) }
            while fabric.turnstile.waiters(network.id.text) < 2 { await Task.yield() }
            host.hold(false)
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.sorted() == [2, 3, 3])
        #expect(made() == (1, 1), "the second by the short way, then all of the third")
    }

    @Test("where a newer one was begun and not finished, an older one is not said to be served")
    func whatWasBegunIsFinished() async throws {
        #expect(try await apply(1) == 1)
        host.breakCalls(true)
        await #expect(throws: CloudError.self) { try await apply(30) }
        host.breakCalls(false)
        _ = made()
        #expect(try await apply(29) == 30)
        #expect(made() == (1, 0))
    }

    @Test("a failure is told to each who waits, and what was begun is made by whoever asks next")
    func aFailureIsToldToEach() async throws {
        host.breakCalls(true)
        let answers = try await apply(1, then: [2, 3])
        #expect(answers.values.allSatisfy { $0 == nil })
        host.breakCalls(false)
        #expect(try await apply(2, again: " later") == 3)
        #expect(fabric.makings.waiting(of: network.id) == 0)
    }

    /// What is held is what the file says, however many pictures came; and the file is not all that ever came.
    @Test func aNetworksMemoryIsShortAndTheSameAfterARestart() async throws {
        var longest = 0
        for serial in 1...700 as ClosedRange<Int64> {
            #expect(try await apply(serial) == serial)
            longest = max(longest, try host.read("/var/lib/lyceum/net/networks/net-x.json").utf8.count)
        }
        let anew = try host.fabric()
        _ = host.story()
        for serial in [189, 400, 700] as [Int64] {
            let picture = NetworkPicture(serial: serial, network: network, ports: [], forwards: [])
            #expect(try await anew.apply(picture, LinuxFabricTests.command("at \(serial)")) == 700)
        }
        #expect(host.story() == "", "all were done")
        // Never five times what has to be remembered.
        let kept = try JSONEncoder().encode(fabric.networkMemory(network.id)).count
        #expect(longest < 5 * kept + 16_384, "\(longest) where \(kept) are remembered")
        try await anew.remove(network.id, LinuxFabricTests.command("remove"))
        #expect(try await host.fabric().observe(network.id) == .absent)
    }

    /// What is half taken away is not amended: its parts are not what the picture before says.
    @Test func whatIsHalfTakenAwayIsMadeAnew() async throws {
        _ = try await apply(1)
        host.breakCall(1)
        await #expect(throws: CloudError.self) { try await fabric.remove(network.id, LinuxFabricTests.command("remove")) }
        host.breakCall(nil)
        #expect(
            try await host.fabric().apply(
                NetworkPicture(serial: 2, network: network, ports: [], forwards: []), LinuxFabricTests.command("at 2")) == 2)
        #expect(made().whole == 1)
    }
}
