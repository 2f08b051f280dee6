// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Logging
    import ServiceLifecycle
    import Testing

    @testable import DaemonKit

    /// What is said of a daemon that begins.
    @Suite(.timeLimit(.minutes(5))) struct AttendanceTests {
        private struct Unopened: Error {}

        /// Two doors, so many of which open before the daemon is told to end, or before a part fails that cannot open its own.
        private func log(open: Int, failing: Bool) async -> [String] {
            let (opened, door) = AsyncStream<Void>.makeStream()
            let lines = LogLines()
            let parts = DaemonParts(services: [], doors: (2, opened), apply: { _ in }, check: {})
            let attendance = Attendance(parts: parts, supervisor: Supervisor([:]), clock: ContinuousClock(), logger: lines.logger)
            for _ in 0..<open { door.yield() }
            let rest = Lifecycle.Part {
                // Until what is there to be said was said.
                while open == 2, !failing, lines.all.isEmpty { await Task.yield() }
                if failing { throw Unopened() }
            }
            do {
                try await Lifecycle.run(
                    [attendance, rest], patience: .seconds(10), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            } catch { #expect(error is Unopened && failing) }
            return lines.all
        }

        @Test func aDaemonIsReadyWhenEachOfItsDoorsIsOpen() async {
            #expect(await log(open: 2, failing: false) == ["notice test: ready"])
        }

        @Test("one that ends before, or cannot open one, is not said to be", arguments: [0, 1], [true, false])
        func aDaemonThatCannotListenIsNotReady(open: Int, failing: Bool) async {
            #expect(await log(open: open, failing: failing).isEmpty)
        }
    }
#endif
