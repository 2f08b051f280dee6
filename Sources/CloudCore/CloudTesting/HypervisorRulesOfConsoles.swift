// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor

extension HypervisorTrial {
    func consoles() async throws {
        let guest = try await guest()
        for kind in ConsoleKind.allCases {
            try await expectRefusal(.notFound, when: "\(kind) of nobody") {
                _ = try await host.openConsole(kind, of: guest.instance, under: claim().fence)
            }
        }
        let (old, start) = (claim(), claim())
        try await host.start(guest, start)
        for kind in ConsoleKind.allCases {
            try await expectRefusal(.fenceStale, when: "\(kind) under an older fence") {
                _ = try await host.openConsole(kind, of: guest.instance, under: old.fence)
            }
        }
        let display = try await host.openConsole(.display, of: guest.instance, under: start.fence)
        try await expectGreeting(display, "the display")
        let another = try await host.openConsole(.display, of: guest.instance, under: start.fence)
        try await expectGreeting(another, "a second display beside the first")
        another.close()
        another.close()
        try expect(try await another.read() == nil, "a channel that was closed goes on")
        try await expectRefusal(.unavailable, when: "a write after the close") { try await another.write([0]) }

        try await echo(guest, start.fence)
        try await takeOver(guest, start.fence)

        let line = try await host.openConsole(.serial, of: guest.instance, under: start.fence)
        try expect(try await host.consoles().contains(guest.instance), "a guest that runs has no console")
        try await host.off(guest.instance, claim())
        try expect(try await !host.consoles().contains(guest.instance), "a console is left of a guest that was taken off")
        for (channel, name) in [(display, "display"), (line, "serial line")] { try await expectEnd(channel, name) }
        try await expectRefusal(.notFound, when: "a console of a guest that is gone") {
            _ = try await host.openConsole(.display, of: guest.instance, under: claim().fence)
        }
        try await deadGuest()
    }

    /// RFC 6143, 7.1.1. From there on the display waits for its caller.
    private func expectGreeting(_ channel: any ConsoleChannel, _ what: String) async throws {
        var bytes: [UInt8] = []
        while bytes.count < 12, let piece = try await channel.read() { bytes += piece }
        let text = String(decoding: bytes, as: UTF8.self)
        try expect(text.hasPrefix("RFB 003.") && text.hasSuffix("\n") && bytes.count == 12, "\(what) says \(text)")
    }

    /// A terminal says again what it is told, once somebody is there to listen.
    private func echo(_ guest: GuestDescription, _ fence: Fence) async throws {
        try await wait(for: "the guest to run") { try await fixture.counter(of: guest).map { $0 >= 1 } ?? true }
        let line = try await host.openConsole(.serial, of: guest.instance, under: fence)
        var (heard, pieces) = ("", 0)
        try await line.write(Array("lyceum-echo\r".utf8))
        while !heard.contains("lyceum-echo"), pieces < 100, let piece = try await line.read() {
            // A guest that still boots drops what it was told before it listened, and goes on talking.
            if pieces % 10 == 9 { try await line.write(Array("lyceum-echo\r".utf8)) }
            pieces += 1
            try expect((1...ConsoleLimits.piece).contains(piece.count), "a piece of \(piece.count) bytes")
            heard += String(decoding: piece, as: UTF8.self)
        }
        try expect(heard.contains("lyceum-echo"), "the serial line does not say again what it is told: \(heard.suffix(200))")
        line.close()
    }

    private func takeOver(_ guest: GuestDescription, _ fence: Fence) async throws {
        let first = try await host.openConsole(.serial, of: guest.instance, under: fence)
        let second = try await host.openConsole(.serial, of: guest.instance, under: fence)
        try await expectEnd(first, "the serial line that somebody took over")
        try await second.write(Array("again\r".utf8))
        try expect(try await second.read() != nil, "the serial line is silent after it was taken over")
        second.close()
    }

    private func expectEnd(_ channel: any ConsoleChannel, _ name: String) async throws {
        var pieces = 0
        while try await channel.read() != nil {
            pieces += 1
            try expect(pieces < 10_000, "the \(name) goes on without its guest")
        }
    }

    private func deadGuest() async throws {
        let dead = try await self.guest()
        let start = claim()
        try await host.start(dead, start)
        let line = try await host.openConsole(.serial, of: dead.instance, under: start.fence)
        try await fixture.crash(dead)
        try await wait(for: "the crash to be seen") { try await host.observe(dead.instance).power == .crashed }
        try await expectEnd(line, "serial line")
        try await expectRefusal(.stateForbids, when: "a console of a dead guest") {
            _ = try await host.openConsole(.display, of: dead.instance, under: start.fence)
        }
    }
}
