// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Glibc
import NetFabric
import NetFabricLinux
import Testing

/// A guest without a machine: a namespace whose network card is a tap, with a cable to the fabric's tap. Its programs are busybox's.
final class LiveGuest {
    private let port: FabricPort
    private let host: LiveFabricHost
    private let namespace: String
    private let card: String
    private let cable: LiveCable
    private let taps: [LiveTap]

    init(_ port: FabricPort, _ host: LiveFabricHost, _ name: String) async throws {
        (self.port, self.host) = (port, host)
        (namespace, card) = ("guest-\(name)", "g-\(name)")
        let near = try LiveTap(card)
        let far = try LiveTap(port.device)
        taps = [near, far]
        cable = try LiveCable(far, near)
        try await host.call(host.tools.ip, ["netns", "add", namespace])
        try await host.call(host.tools.ip, ["link", "set", card, "netns", namespace])
        try await host.call(
            host.tools.ip, ["-n", namespace, "-batch", "-"],
            input: "link set lo up\nlink set \(card) address \(port.mac)\nlink set \(card) up\n")
        // What udhcpc does with a lease: the address, the route, and a note of what it was told.
        let script = """
            #!/usr/bin/busybox sh
            [ "$1" = bound ] || exit 0
            busybox ip addr add "$ip/$mask" dev "$interface"
            busybox ip route add default via "$router"
            echo "$ip $router $domain" > \(host.directory)/lease-$interface
            """
        try script.write(toFile: "\(host.directory)/udhcpc", atomically: true, encoding: .utf8)
        guard chmod("\(host.directory)/udhcpc", 0o755) == 0 else { throw LiveTap.Refused(what: "chmod", error: errno) }
    }

    deinit { cable.unplug() }

    private func run(_ arguments: [String]) async throws -> String {
        try await host.call(host.tools.nsenter, ["--net=/run/netns/\(namespace)", "--", LiveFabricHost.busybox] + arguments)
    }
    private func tries(_ arguments: [String]) async throws -> String? {
        do { return try await run(arguments) } catch let failure as ToolFailure where failure.status > 0 { return nil }
    }

    /// Asks for an address and takes it; what the server said.
    func lease() async throws -> String {
        _ = try await run(["udhcpc", "-i", card, "-n", "-q", "-f", "-t", "5", "-T", "1", "-s", "\(host.directory)/udhcpc"])
        return try String(contentsOfFile: "\(host.directory)/lease-\(card)", encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    /// The addresses of a name, or the names of an IPv4 address.
    func resolve(_ name: String, _ server: IPv4Address, six: Bool = false) async throws -> [String] {
        let reverse = IPv4Address(name) != nil
        let text = try await tries(["nslookup"] + (reverse ? [] : ["-type=\(six ? "aaaa" : "a")"]) + [name, server.description]) ?? ""
        return text.split(separator: "\n").compactMap { line in
            if reverse { return line.firstRange(of: "name = ").map { String(line[$0.upperBound...]) } }
            guard line.hasPrefix("Address"), let last = line.split(separator: " ").last, IPv4Address(last) != server else { return nil }
            return six ? IPv6Address(String(last)).map(\.description) : IPv4Address(last).map(\.description)
        }
    }

    func pings(_ address: String) async throws -> Bool { try await tries(["ping", "-c", "1", "-W", "3", address]) != nil }

    func fetch(_ address: String, _ port: Int) async throws -> String? {
        try await host.fetch(address, port, in: namespace)
    }

    /// Answers every request on a port with a text; ends with the namespace's processes.
    func serve(_ port: Int, _ text: String) async throws {
        let directory = "\(host.directory)/www-\(card)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try text.write(toFile: directory + "/index.html", atomically: true, encoding: .utf8)
        _ = try await run(["httpd", "-p", "\(port)", "-h", directory])
    }
}

/// A TCP connection from the host.
final class Socket {
    let file: CInt
    init(_ address: String, _ port: Int, seconds: Int = 2) throws {
        file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(UInt16(port).bigEndian)
        guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else { throw LiveTap.Refused(what: "address", error: 0) }
        let result = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else { throw LiveTap.Refused(what: "connect", error: errno) }
    }
    deinit { close(file) }

    func request() -> String? {
        let text = "GET / HTTP/1.0\r\n\r\n"
        guard send(file, text, text.utf8.count, Int32(MSG_NOSIGNAL)) > 0 else { return nil }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(file, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        let parts = String(decoding: answer, as: UTF8.self).components(separatedBy: "\r\n\r\n")
        return parts.count > 1 ? parts[1] : nil
    }

    /// Whether a request on this connection is still answered.
    func answers(within milliseconds: Int) -> Bool {
        var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return request() != nil
    }
}

extension LiveFabricHost {
    /// A service of the host itself, on all its addresses.
    func serve(_ port: Int, _ text: String) async throws {
        try FileManager.default.createDirectory(atPath: directory + "/www", withIntermediateDirectories: true)
        try text.write(toFile: directory + "/www/index.html", atomically: true, encoding: .utf8)
        try await call(LiveFabricHost.busybox, ["httpd", "-p", "\(port)", "-h", directory + "/www"])
    }

    /// What a web server answers to a caller in a namespace; nil where it does not within three seconds. By nc: the static busybox's
    /// wget crashes on this system.
    func fetch(_ address: String, _ port: Int, in namespace: String) async throws -> String? {
        let nc = ["--net=/run/netns/\(namespace)", "--", LiveFabricHost.busybox, "nc", "-w", "3", address, "\(port)"]
        do {
            let answer = try await call(tools.nsenter, nc, input: "GET / HTTP/1.0\r\n\r\n").components(separatedBy: "\r\n\r\n")
            return answer.count > 1 ? answer[1] : nil
        } catch let failure as ToolFailure where failure.status > 0 { return nil }
    }

    func fetch(_ address: String, _ port: Int) async -> String? {
        do { return try Socket(address, port).request() } catch { return nil }
    }
}
