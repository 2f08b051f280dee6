// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import NetFabric
import Synchronization
import Testing

@testable import NetFabricLinux

/// A directory that looks like a host's files, and a runner that records calls and does to the files what the programs would.
final class StubHost: ToolRunner {
    let root: String
    private let calls = Mutex<[ToolCall]>([])
    private let breaking = Mutex<Int?>(nil)
    private let isBroken = Mutex(false)
    /// Where calls wait while it is held.
    private let door = Mutex<(isHeld: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    init() throws {
        root = NSTemporaryDirectory() + "lyceum-stub-\(UUID().uuidString)"
        for directory in ["/sys/class/net", "/proc/sys/net/ipv4", "/run/netns"] { try make(directory) }
        try write("/proc/sys/net/ipv4/ip_forward", "0\n")
        for tool in FabricTools().all { try write(tool, "") }
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: root) } catch { Issue.record(error) }
    }

    func fabric(clock: any Clock<Duration> = ContinuousClock(), gonePortsKept: Int = CommandLedger.goneKept) throws -> LinuxFabric {
        var settings = LinuxFabric.Settings(state: "/var/lib/lyceum/net", runtime: "/run/lyceum/net")
        settings.root = root
        settings.gonePortsKept = gonePortsKept
        return try LinuxFabric(settings, runner: self, clock: clock)
    }

    /// The calls so far, one a line, inputs indented below; then forgets them.
    func story() -> String {
        let made = calls.withLock { calls in
            defer { calls = [] }
            return calls
        }
        return made.map { call in
            let input = (call.input ?? "").split(separator: "\n").map { "    \($0)\n" }.joined()
            return "\(call)\n\(call.name == "nft" || call.name == "ovs-ofctl" ? "" : input)"
        }.joined()
    }

    /// Makes the call of a number, from now on counted from 0, fail.
    func breakCall(_ number: Int?) {
        calls.withLock { $0 = [] }
        breaking.withLock { $0 = number }
    }

    /// Lets calls wait from now on, or all go on.
    func hold(_ isHeld: Bool) {
        let waiting = door.withLock { door in
            defer { door = (isHeld, []) }
            return door.waiting
        }
        for call in waiting { call.resume() }
    }

    /// Whether a call waits.
    var isWaiting: Bool { door.withLock { !$0.waiting.isEmpty } }

    /// Lets every call fail from now on, or none.
    func breakCalls(_ all: Bool) { isBroken.withLock { $0 = all } }

    private func passDoor() async {
        await withCheckedContinuation { call in
            let isOpen = door.withLock { door in
                if door.isHeld { door.waiting.append(call) }
                return !door.isHeld
            }
            if isOpen { call.resume() }
        }
    }

    func run(_ call: ToolCall) async throws -> String {
        await passDoor()
        let number = calls.withLock { calls in
            calls.append(call)
            return calls.count - 1
        }
        if isBroken.withLock(\.self) || breaking.withLock({ $0 == number }) {
            throw ToolFailure(call: call, status: 1, message: "broken on purpose")
        }
        for line in (call.input ?? "").split(separator: "\n") where call.name == "ip" {
            try obey(line.split(separator: " ").map(String.init))
        }
        if call.arguments.contains("-j") { return "{}" }
        if call.arguments.suffix(1) == ["ofport"] { return "1042\n" }
        return ""
    }

    private func obey(_ words: [String]) throws {
        switch (words.first, words.dropFirst().first) {
        case ("tuntap", "add"):
            try write("/sys/class/net/\(words[3])/tun_flags", "0x1002\n")
            try write("/sys/class/net/\(words[3])/ifalias", "")
            try write("/proc/sys/net/ipv6/conf/\(words[3])/disable_ipv6", "0\n")
        case ("link", "set") where words.dropFirst(4).first == "alias": try write("/sys/class/net/\(words[3])/ifalias", words[5] + "\n")
        case ("link", "del"): try FileManager.default.removeItem(atPath: root + "/sys/class/net/\(words[3])")
        default: break
        }
    }

    func make(_ path: String) throws { try FileManager.default.createDirectory(atPath: root + path, withIntermediateDirectories: true) }
    func write(_ path: String, _ text: String) throws {
        try make(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        try Data(text.utf8).write(to: URL(filePath: root + path))
    }
    func read(_ path: String) throws -> String { try String(contentsOfFile: root + path, encoding: .utf8) }
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + path) }

    /// A golden file's text; with LYCEUM_RECORD set it is written first.
    static func golden(_ name: String, _ text: String, file: String = #filePath) throws -> String {
        let path = URL(filePath: file).deletingLastPathComponent().appending(path: "../Fixtures/NetFabric/\(name)")
        if ProcessInfo.processInfo.environment["LYCEUM_RECORD"] != nil { try Data(text.utf8).write(to: path) }
        return String(decoding: try Data(contentsOf: path), as: UTF8.self)
    }
}

/// A clock on which waiting takes no time.
struct InstantClock: Clock {
    let minimumResolution = Duration.zero
    var now: ContinuousClock.Instant { ContinuousClock.now }
    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws { try Task.checkCancellation() }
}
