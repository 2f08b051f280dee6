// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudWorkflow
import Foundation
import Glibc
import Synchronization
import Testing

@testable import DaemonKit

/// The process ends where it is told to, and nowhere else; without the variable nobody stands at the borders.
@Suite struct CrashProbeTests {
    private static let run = RunID("op-1")
    private static let start = "instance.start"

    /// How often a process would have ended.
    private final class Ends: Sendable {
        private let number = Mutex(0)
        var count: Int { number.withLock { $0 } }
        func one() { number.withLock { $0 += 1 } }
    }

    private func probe(_ orders: String, _ ends: Ends = Ends()) throws -> any BoundaryProbe {
        try CrashProbe.standing(in: [CrashProbe.variable: orders]) { ends.one() }
    }

    @Test func nobodyStandsThereUnasked() throws {
        #expect(try CrashProbe.standing(in: [:]) is NoProbe)
        #expect(try CrashProbe.standing(in: [CrashProbe.variable: "", "LYCEUM_CRASH": "instance.start/power/afterEffect"]) is NoProbe)
    }

    @Test func theProcessEndsThereAndNowhereElse() async throws {
        let ends = Ends()
        let probe = try probe("instance.start/power/afterEffect", ends)
        for kind in Boundary.Kind.allCases where kind != .afterEffect {
            try await probe.reached(Boundary(kind, "power"), of: Self.run, kind: Self.start)
        }
        try await probe.reached(Boundary(.afterEffect, "network"), of: Self.run, kind: Self.start)
        try await probe.reached(Boundary(.afterEffect, "power"), of: Self.run, kind: "instance.rebuild")
        #expect(ends.count == 0)
        await #expect(throws: ProcessEnded.self) {
            try await probe.reached(Boundary(.afterEffect, "power"), of: Self.run, kind: Self.start)
        }
        #expect(ends.count == 1)
    }

    @Test func theSecondTimeAndBracketsAreMeantAsWritten() async throws {
        let ends = Ends()
        let probe = try probe("disk.collect/remove[*]/beforeEffect#2", ends)
        try await probe.reached(Boundary(.beforeEffect, "remove[disk-1]"), of: Self.run, kind: "disk.collect")
        try await probe.reached(Boundary(.beforeEffect, "remove"), of: Self.run, kind: "disk.collect")
        #expect(ends.count == 0)
        await #expect(throws: ProcessEnded.self) {
            try await probe.reached(Boundary(.beforeEffect, "remove[disk-2]"), of: Self.run, kind: "disk.collect")
        }
        try await probe.reached(Boundary(.beforeEffect, "remove[disk-3]"), of: Self.run, kind: "disk.collect")
        #expect(ends.count == 1)
    }

    /// What is refused must be a decision, or the run would not go back.
    @Test func aRefusalIsADecision() async throws {
        let ends = Ends()
        let probe = try probe("refuse instance.start/wait for the guest to be ready/beforeEffect; instance.start//beforeEnd", ends)
        let refused = await #expect(throws: CloudError.self) {
            try await probe.reached(Boundary(.beforeEffect, "wait for the guest to be ready"), of: Self.run, kind: Self.start)
        }
        #expect((refused as (any Error)?) is any Refusal)
        #expect(ends.count == 0)
        await #expect(throws: ProcessEnded.self) { try await probe.reached(Boundary(.beforeEnd), of: Self.run, kind: Self.start) }
        #expect(ends.count == 1)
    }

    /// Nobody knows what became of it, however often it is asked for: the run is stuck there.
    @Test func anAnswerIsLostEachTime() async throws {
        let probe = try probe("lose instance.start/disk/afterEffect")
        for _ in 0..<4 {
            let lost = await #expect(throws: OutcomeUnknown.self) {
                try await probe.reached(Boundary(.afterEffect, "disk"), of: Self.run, kind: Self.start)
            }
            #expect((lost as (any Error)?) is any UnknownOutcome)
        }
        try await probe.reached(Boundary(.afterStep, "disk"), of: Self.run, kind: Self.start)
    }

    @Test func aFileIsReadAtEachBorder() async throws {
        let ends = Ends()
        let path = "/tmp/lyceum-crash-\(ProcessInfo.processInfo.globallyUniqueString)"
        defer { unlink(path) }
        let probe = try probe("@" + path, ends)
        func reach() async throws { try await probe.reached(Boundary(.beforeCommit, "claim"), of: Self.run, kind: Self.start) }
        func order(_ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: path))
            chmod(path, 0o600)
        }
        try await reach()
        try order("instance.start/claim/beforeCommit#2\n")
        try await reach()
        #expect(ends.count == 0, "what was reached before the order does not count")
        await #expect(throws: ProcessEnded.self) { try await reach() }
        // A mistake decides nothing about a run: it stays where it is.
        try order("instance.start/claim")
        let mistake = await #expect(throws: ConfigurationError.self) { try await reach() }
        #expect(!((mistake as (any Error)?) is any Refusal))
        try order("")
        try await reach()
        #expect(ends.count == 1)
    }

    @Test(arguments: [
        "power", "instance.start/power", "instance.start/power/never", "/power/afterEffect", "instance.start/b/afterEffect#0",
        "instance.start/b/afterEffect#x", "instance.start/b/afterEffect#1#2", "instance.start/b/c/afterEffect", "refuse",
        "instance.start//beforeEnd; x", "instance.begin/power/afterEffect", "refuse instance/power/beforeEffect",
    ])
    func whatIsNoPointIsRefusedAtTheStart(orders: String) {
        #expect(throws: ConfigurationError.self) { try probe(orders) }
    }

    @Test func aPointIsReadAsItIsWritten() throws {
        for kind in Boundary.Kind.allCases {
            for (name, occurrence) in [("power", 1), ("", 1), ("clear[disk-1]", 2), ("wait for the guest's clock", 3)] {
                let point = CrashPoint(Boundary(kind, name), of: Self.start, occurrence: occurrence)
                #expect(CrashPoint(point.description[...]) == point)
            }
        }
    }
}
