// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import DaemonKit
    import Foundation
    import Logging
    import Synchronization
    import Testing

    private struct StoppedClock: WallClock {
        func now() -> Timestamp { Timestamp(milliseconds: 1_770_109_200_250) }
    }
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    @Suite struct LineLogHandlerTests {
        private func logger(_ style: LineLogHandler.Style, into lines: Lines) -> Logger {
            Logger(label: "lyceumd") { label in
                LineLogHandler(label: label, style: style, level: .info, clock: StoppedClock()) { line in
                    lines.all.withLock { $0.append(line) }
                }
            }
        }

        @Test func aMessageIsOneLineWhateverIsInIt() throws {
            let lines = Lines()
            var logger = logger(.text, into: lines)
            logger[metadataKey: "request"] = "req-1"
            logger.info("named \"a\nb\u{1b}[31m\u{2028}\"", metadata: ["operation": "op-1", "name": "x y\n"])
            logger.debug("not shown")
            #expect(
                lines.all.withLock { $0 } == [
                    "2026-02-03T09:00:00.250Z info lyceumd: named \"a\\u{a}b\\u{1b}[31m\\u{2028}\" name=\"x y\\u000a\" operation=op-1 request=req-1"
                ])
        }

        @Test func asJSONEveryLineIsAnObject() throws {
            let lines = Lines()
            logger(.json, into: lines).warning("a\n\"b\"", metadata: ["message": "mine", "operation": "op-1"])
            let line = try #require(lines.all.withLock { $0.first })
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
            #expect(object["message"] == "a\n\"b\"" && object["_message"] == "mine" && object["operation"] == "op-1")
            #expect(!line.contains("\n"))
        }
    }
#endif
