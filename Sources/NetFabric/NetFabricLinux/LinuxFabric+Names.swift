// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Glibc
import NetFabric

// dnsmasq in the gateway's namespace. It makes itself a daemon, so it outlives whoever started it, and is found again by the file
// with its number; what it runs with is read from /proc and compared. Ports come and go by files that it watches.

extension LinuxFabric {
    func serveNames(_ picture: NetworkPicture) async throws {
        let places = places(of: picture.network.id)
        let named = try sync(places.hosts, with: NameService.hosts(of: picture))
        let given = try sync(places.dhcpHosts, with: NameService.dhcpHosts(of: picture))
        guard let process = try nameService(picture.network) else { return try await startNameService(picture.network) }
        // It does not notice that a file of the DHCP directory is gone (dnsmasq 2.90): it is told to read all again.
        if named || given { _ = kill(process, SIGHUP) }
    }

    func servesNames(_ picture: NetworkPicture) async throws -> Bool {
        let places = places(of: picture.network.id)
        return try nameService(picture.network) != nil && entries(places.hosts) == NameService.hosts(of: picture)
            && entries(places.dhcpHosts) == NameService.dhcpHosts(of: picture)
    }

    /// The process that serves the network with exactly the right arguments in the right namespace; nil where there is none.
    private func nameService(_ network: FabricNetwork) throws -> pid_t? {
        let places = places(of: network.id)
        guard let process = try processes(places).first else { return nil }
        let due = NameService.arguments(for: network, places: places, upstream: settings.upstream)
        let namespace = files.inode("/run/netns/\(NetworkNames(network.id).namespace)").map { "net:[\($0)]" }
        guard try arguments(of: process).map({ Array($0.dropFirst()) }) == due, files.link("/proc/\(process)/ns/net") == namespace else {
            return nil
        }
        return process
    }

    private func startNameService(_ network: FabricNetwork) async throws {
        try await stopNameService(network.id)
        let places = places(of: network.id)
        let arguments = NameService.arguments(for: network, places: places, upstream: settings.upstream)
        try await call(in: NetworkNames(network.id).namespace, tools.dnsmasq, arguments)
    }

    /// Asks dnsmasq to end, and ends it where it does not within two seconds; throws `unavailable` where it is there two seconds later
    /// (one that waits for a disk cannot be ended), and leaves the file with its number.
    func stopNameService(_ network: ID<NetworkKind>) async throws {
        let places = places(of: network)
        for tenth in 0..<40 {
            let found = try processes(places, everywhere: true)
            if found.isEmpty { return try files.remove(places.processID) }
            for process in found where tenth % 20 == 0 { _ = kill(process, tenth == 0 ? SIGTERM : SIGKILL) }
            try await clock.sleep(for: .milliseconds(100))
        }
        throw CloudError(.unavailable, ["part": "dnsmasq"], detail: "dnsmasq of \(network) does not end")
    }

    /// dnsmasq's processes of a network: the one that its file names or, where that leads nowhere or all are wanted, whichever
    /// names the file in its arguments.
    private func processes(_ places: NameService.Places, everywhere: Bool = false) throws -> [pid_t] {
        let sign = "--pid-file=\(places.processID)"
        func isOurs(_ process: pid_t) throws -> Bool { try arguments(of: process)?.contains(sign) ?? false }
        if !everywhere, let text = try files.read(places.processID), let process = pid_t(String(text.trimmed)), try isOurs(process) {
            return [process]
        }
        return try files.list("/proc").compactMap { pid_t($0) }.filter(isOurs)
    }

    private func arguments(of process: pid_t) throws -> [String]? {
        guard let text = try files.read("/proc/\(process)/cmdline"), !text.isEmpty else { return nil }
        return text.split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// Makes a directory hold exactly these files; tells whether one is gone or has other contents.
    private func sync(_ directory: String, with due: [String: String]) throws -> Bool {
        try files.makeDirectory(directory)
        let present = try entries(directory)
        for name in present.keys.sorted() where due[name] == nil { try files.remove("\(directory)/\(name)") }
        for (name, text) in due.sorted(by: { $0.key < $1.key }) where present[name] != text {
            try files.replace("\(directory)/\(name)", with: text, durably: false)
        }
        return present.contains { due[$0.key] != $0.value }
    }

    func entries(_ directory: String) throws -> [String: String] {
        var entries: [String: String] = [:]
        for name in try files.list(directory) { entries[name] = try files.read("\(directory)/\(name)") }
        return entries
    }
}
