// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import NetFabric
import NetFabricLinux
import Testing

/// The probe asked in the tests' own namespace, under the name of a network's.
@Suite(.enabled(if: geteuid() == 0, "entering a namespace needs root"))
struct NamespacePortProbeTests {
    private static let network = ID<NetworkKind>(bits: 7, 7)

    /// A port of the loopback address on which somebody listens, or listened.
    private func port(listening: Bool) throws -> (file: Int32, number: UInt16) {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let made = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, size) == 0 && getsockname(file, $0, &size) == 0 }
        }
        try #require(made && (!listening || listen(file, 64) == 0))
        return (file, UInt16(bigEndian: address.sin_port))
    }

    @Test func itAnswersManyAtOnce() async throws {
        let host = try StubHost()
        let link = "\(host.root)/run/netns/\(NetworkNames(Self.network).namespace)"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/proc/self/ns/net")
        let probe = NamespacePortProbe(namespaces: host.root + "/run/netns")
        let (open, closed) = (try port(listening: true), try port(listening: false))
        defer { for file in [open.file, closed.file] { close(file) } }
        let loopback = IPv4Address(number: 0x7F00_0001)
        let answers = try await withThrowingTaskGroup(of: (UInt16, Bool).self) { group in
            for number in 0..<40 {
                let port = number % 2 == 0 ? open.number : closed.number
                group.addTask { (port, try await probe.answers(loopback, port: port, on: Self.network)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 40 && answers.allSatisfy { $0.1 == ($0.0 == open.number) })
    }

    @Test(arguments: [nil, "/etc/hostname"]) func whatIsNoNamespaceIsUnavailable(target: String?) async throws {
        let host = try StubHost()
        let link = "\(host.root)/run/netns/\(NetworkNames(Self.network).namespace)"
        if let target { try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target) }
        do {
            _ = try await NamespacePortProbe(namespaces: host.root + "/run/netns")
                .answers(IPv4Address(number: 0x7F00_0001), port: 1, on: Self.network)
            Issue.record("it was asked")
        } catch let refusal as CloudError { #expect(refusal.code == .unavailable) }
    }
}
