// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import DaemonKit
    import Logging
    import Synchronization

    /// A log that is kept, without the times of its lines.
    final class LogLines: Sendable {
        /// A clock that stands still.
        struct Clock: WallClock { func now() -> Timestamp { Timestamp(seconds: 1) } }

        private let kept = Mutex<[String]>([])
        /// The lines so far.
        var all: [String] { kept.withLock { $0 } }
        func add(_ line: String) { kept.withLock { $0.append(line) } }
        var logger: Logger {
            Logger(label: "test") { label in
                LineLogHandler(label: label, style: .text, level: .trace, clock: Clock()) { line in
                    self.add(String(line.drop { $0 != " " }.dropFirst()))
                }
            }
        }
    }
#endif
