// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import NetFabric
import Synchronization
import Testing

@testable import NetFabricLinux

@Suite struct LinuxFabricTests {
    static func port() throws -> FabricPort {
        FabricPort(
            id: try #require(ID("port-7k2m9q4x1c8v5b3n6z0d")), network: try #require(ID("net-x")), vlan: 7,
            mac: MACAddress(number: 0x0200_0A09_0101), ipv4: try #require(IPv4Address("10.9.1.51")), ipv6: nil, label: try DNSLabel("lab-1")
        )
    }
    static func command(_ step: String, fence: Int64 = 1) throws -> Command {
        Command(run: try #require(ID("op-1")), step: step, fence: Fence(fence))
    }
    static let alias = "/sys/class/net/lyc7k2m9q4x1c8v/ifalias"

    // The calls of a port's life, in order, as a person has read them.
    @Test func theCallsAreTheGoldenOnes() async throws {
        let host = try StubHost()
        let fabric = try host.fabric()
        try await fabric.ensure(Self.port(), Self.command("port"))
        try await fabric.remove(Self.port(), Self.command("unport"))
        let story = host.story()
        #expect(try story == StubHost.golden("port.calls", story))
        #expect(!host.exists(Self.alias))
    }

    // I5: whatever call fails, the link is not up before the flows are there; and the same command afterwards makes everything.
    @Test func aFailureAtAnyCallIsARefusalAndIsHealedByTheSameCommand() async throws {
        for number in 0..<7 {
            let host = try StubHost()
            let fabric = try host.fabric()
            host.breakCall(number)
            await #expect(throws: CloudError.self) { try await fabric.ensure(Self.port(), Self.command("port")) }
            let calls = host.story().split(separator: "\n")
            #expect(!calls.contains { $0.hasSuffix(" up") } || number == 6, "call \(number)")
            host.breakCall(nil)
            try await fabric.ensure(Self.port(), Self.command("port"))
            let again = host.story()
            #expect(again.contains("link set dev lyc7k2m9q4x1c8v up"))
            try await fabric.ensure(Self.port(), Self.command("port"))
            #expect(host.story() == "", "a repeat calls nothing")
        }
    }

    // What is here is never forgotten; what is gone not before others have gone, also over a restart.
    @Test func ofPortsThatAreGoneTheLastAreRemembered() async throws {
        let host = try StubHost()
        var fabric = try host.fabric(gonePortsKept: 8)
        try await fabric.ensure(Self.port(), Self.command("here", fence: 5))
        func port(_ number: Int) throws -> FabricPort {
            let id: ID<PortKind> = try #require(ID("port-\(100 + number)"))
            return FabricPort(
                id: id, network: try #require(ID("net-x")), vlan: 7, mac: MACAddress(of: id), ipv4: try #require(IPv4Address("10.9.1.52")),
                ipv6: nil, label: try DNSLabel("lab-2"))
        }
        for number in 0..<40 {
            if number == 20 { fabric = try host.fabric(gonePortsKept: 8) }
            try await fabric.remove(port(number), Self.command("unport", fence: 5))
            for late in max(0, number - 7)...number {
                await #expect(throws: CloudError.self) { try await fabric.ensure(port(late), Self.command("late", fence: 4)) }
            }
        }
        await #expect(throws: CloudError.self) { try await fabric.remove(Self.port(), Self.command("late", fence: 4)) }
        let files = HostFiles(root: host.root)
        #expect(try files.list("/var/lib/lyceum/net/ports") == ["\(Self.port().id).json"])
        #expect((8...10).contains(try files.list("/var/lib/lyceum/net/gone-ports").count))
        // What comes back is here.
        try await fabric.ensure(port(39), Self.command("port", fence: 6))
        #expect(try files.list("/var/lib/lyceum/net/ports").count == 2)
        #expect(try !files.list("/var/lib/lyceum/net/gone-ports").contains("\(port(39).id).json"))
    }

    @Test func whatWasDoneIsKnownAfterARestart() async throws {
        let host = try StubHost()
        try await host.fabric().ensure(Self.port(), Self.command("port", fence: 5))
        _ = host.story()
        let anew = try host.fabric()
        try await anew.ensure(Self.port(), Self.command("port", fence: 5))
        #expect(host.story() == "")
        let id = try Self.port().id.text
        await #expect(throws: CloudError(.fenceStale, ["fence": "4", "seen": "5", "object": id])) {
            try await anew.remove(Self.port(), Self.command("late", fence: 4))
        }
        #expect(host.story() == "")
    }

    // A loss of power cuts off what nobody waited for: that a command was done, never its fence, and nothing that is written behind.
    @Test func aLineThatWasCutOffSpoilsNoOther() async throws {
        let host = try StubHost()
        let (port, path) = (try Self.port(), "/var/lib/lyceum/net/ports/\(try Self.port().id).json")
        try await host.fabric().ensure(port, Self.command("port", fence: 5))
        let whole = try host.read(path)
        let line = try #require(whole.split(separator: "\n").last)
        for tail in [String(line.dropLast()), "", "\0\0\0\0", String(line.prefix(3))] {
            try host.write(path, "\(whole.dropLast(line.utf8.count + 1))\n\(tail)")
            _ = host.story()
            await #expect(throws: CloudError.self) { try await host.fabric().ensure(port, Self.command("late", fence: 4)) }
            #expect(host.story() == "")
            try await host.fabric().ensure(port, Self.command("again", fence: 5))
            #expect(host.story() != "")
            try await host.fabric().ensure(port, Self.command("again", fence: 5))
            #expect(host.story() == "", "what was written behind it is read")
        }
    }

    @Test func aTornMemoryIsSaidAndNotBelieved() async throws {
        let host = try StubHost()
        let fabric = try host.fabric()
        try host.write("/var/lib/lyceum/net/ports/\(Self.port().id).json", "{\"fences\":")
        do {
            try await fabric.ensure(Self.port(), Self.command("port"))
            Issue.record("it was believed")
        } catch let refusal as CloudError { #expect(refusal.code == .internalFault) }
        #expect(host.story() == "")
    }

    @Test func anothersDeviceIsNotTouched() async throws {
        let host = try StubHost()
        let fabric = try host.fabric()
        try host.write(Self.alias, "port-7k2m9q4x1c8vsomebodyelse\n")
        try host.write("/sys/class/net/lyc7k2m9q4x1c8v/tun_flags", "0x1002\n")
        await #expect(throws: CloudError.self) { try await fabric.ensure(Self.port(), Self.command("port")) }
        try await fabric.remove(Self.port(), Self.command("unport"))
        #expect(host.story() == "")
    }

    // A dnsmasq that waits for a disk cannot be ended: it goes on answering, so the network is not away and is not said to be.
    @Test func aNameServiceThatDoesNotEndIsSaid() async throws {
        let host = try StubHost()
        let fabric = try host.fabric(clock: InstantClock())
        let network = try #require(ID<NetworkKind>("net-x"))
        let number = "/run/lyceum/net/\(network)/dnsmasq.pid"
        // More than the kernel ever gives to a process.
        try host.write("/proc/5000000/cmdline", "dnsmasq\0--pid-file=\(number)\0")
        try host.write(number, "5000000\n")
        do {
            try await fabric.remove(network, Self.command("remove"))
            Issue.record("it was said to be away")
        } catch let refusal as CloudError { #expect(refusal.code == .unavailable && refusal.parameters == ["part": "dnsmasq"]) }
        #expect(host.exists(number) && host.story() == "", "nothing else was taken away")
        try FileManager.default.removeItem(atPath: host.root + "/proc/5000000")
        try await fabric.remove(network, Self.command("remove"))
        #expect(!host.exists(number))
    }

    // A disk that does not answer holds up the fabric, and nobody else: here files that nobody writes to, more than the pool has threads.
    @Test func aSlowDiskHoldsNoOtherTask() async throws {
        let host = try StubHost()
        let fabric = try host.fabric()
        let networks = (0..<UInt64(2 * ProcessInfo.processInfo.activeProcessorCount + 4)).map { ID<NetworkKind>(bits: 9, $0) }
        let pipes = networks.map { "\(host.root)/var/lib/lyceum/net/networks/\($0).json" }
        try host.make("/var/lib/lyceum/net/networks")
        for pipe in pipes { #expect(mkfifo(pipe, 0o600) == 0) }
        let state = Mutex((goesOn: false, late: false))
        // No task of the pool may be what lets go, for in the bad case none of them runs.
        let release = Thread {
            for _ in 0..<6000 where !state.withLock({ $0.goesOn }) { usleep(10_000) }
            state.withLock { $0.late = !$0.goesOn }
            for pipe in pipes {
                let file = open(pipe, O_RDWR)
                _ = rename("\(host.root)/usr/sbin/nft", pipe)
                _ = FileManager.default.createFile(atPath: "\(host.root)/usr/sbin/nft", contents: nil)
                close(file)
            }
        }
        release.start()
        await withTaskGroup(of: Void.self) { group in
            for network in networks {
                group.addTask { await #expect(throws: CloudError.self) { try await fabric.observe(network) } }
            }
            // Behind all of them in the pool's queue, a few times over.
            for _ in 0..<20 { await Task.yield() }
            state.withLock { $0.goesOn = true }
            #expect(!state.withLock { $0.late }, "every thread of the pool waited for the disk")
        }
    }

    @Test func aMissingProgramIsSaidAtOnce() throws {
        let host = try StubHost()
        try FileManager.default.removeItem(atPath: host.root + "/usr/sbin/dnsmasq")
        #expect(throws: CloudError(.unavailable, ["part": "/usr/sbin/dnsmasq"], detail: "/usr/sbin/dnsmasq is not installed")) {
            try host.fabric()
        }
    }

    @Test(arguments: ["relative", "/with space", "/with,comma", "/with\nline"])
    func directoriesArePlain(path: String) throws {
        #expect(throws: CloudError.self) { try LinuxFabric(LinuxFabric.Settings(state: path)) }
        #expect(throws: CloudError.self) { try LinuxFabric(LinuxFabric.Settings(runtime: path)) }
    }
}
