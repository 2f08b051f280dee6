// SPDX-License-Identifier: Apache-2.0

import CloudModel
import DaemonKit
import Foundation
import Testing

/// What systemd hears, over a datagram socket of our own (sd_notify(3)).
@Suite struct SupervisorTests {
    @Test(arguments: [false, true])
    func wordsComeAsDatagrams(abstract: Bool) throws {
        let path = (abstract ? "@" : "/tmp/") + "lyceum-notify-\(ProcessInfo.processInfo.globallyUniqueString)"
        let listener = try Listener(path)
        let supervisor = Supervisor(["NOTIFY_SOCKET": path])
        try supervisor.tell(.ready, .status("one\nline"))
        #expect(listener.next() == "READY=1\nSTATUS=one\\u{a}line")
        try supervisor.tell(.reloading)
        let reloading = try #require(listener.next()?.split(separator: "\n"))
        #expect(reloading.count == 2 && reloading[0] == "RELOADING=1")
        #expect(Int64(reloading[1].dropFirst("MONOTONIC_USEC=".count)) ?? 0 > 0)
        try supervisor.tell(.stopping)
        try supervisor.tell(.alive)
        #expect(listener.next() == "STOPPING=1" && listener.next() == "WATCHDOG=1")
    }

    @Test func withoutASupervisorNothingIsSaid() throws {
        for socket in ["", "@", "relative", nil] {
            try Supervisor(socket.map { ["NOTIFY_SOCKET": $0] } ?? [:]).tell(.ready)
        }
        #expect(throws: CloudError.self) { try Supervisor(["NOTIFY_SOCKET": "/tmp/nobody-here-\(UInt32.max)"]).tell(.ready) }
        #expect(throws: CloudError.self) {
            try Supervisor(["NOTIFY_SOCKET": "/" + String(repeating: "n", count: 200)]).tell(.ready)
        }
    }

    @Test func theWatchdogIsForTheProcessThatItNames() {
        let own = ProcessInfo.processInfo.processIdentifier
        func watchdog(_ more: [String: String]) -> Duration? {
            Supervisor(["NOTIFY_SOCKET": "/run/x"].merging(more) { $1 }, processID: own).watchdog
        }
        #expect(watchdog(["WATCHDOG_USEC": "60000000"]) == .seconds(60))
        #expect(watchdog(["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "\(own)"]) == .seconds(60))
        #expect(watchdog(["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"]) == nil)
        #expect(watchdog([:]) == nil && watchdog(["WATCHDOG_USEC": "0"]) == nil && watchdog(["WATCHDOG_USEC": "soon"]) == nil)
    }

    private final class Listener {
        private let file: Int32
        private let path: String
        init(_ path: String) throws {
            self.path = path
            file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            var bytes = Array(path.utf8)
            if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
            let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
            let file = file
            let bound = withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, length) }
            }
            try #require(bound == 0)
        }
        deinit {
            close(file)
            unlink(path)
        }
        func next() -> String? {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(file, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }
}
