// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import CloudOperations
    import Foundation
    import Logging
    import Testing

    @testable import DaemonKit

    @Suite struct ReloadingTests {
        private func configuration(_ values: [String: Setting.Value]) throws -> Configuration {
            try Configuration(ManagerSettings.all, file: values, prefix: "LYCEUMD").checked()
        }

        /// What one reload leaves of an old configuration: the values that hold, those that were applied, and the log.
        private func reload(
            _ old: [String: Setting.Value], _ read: @escaping @Sendable () throws -> Configuration
        ) throws -> (holds: Configuration, applied: [Configuration], log: [String]) {
            let (state, lines, applied) = (Live(try configuration(old)), LogLines(), Live<[Configuration]>([]))
            Reloading(
                state: state, read: read, apply: { applied.set(applied.value + [$0]) }, supervisor: Supervisor([:]), logger: lines.logger
            ).reload()
            return (state.value, applied.value, lines.all)
        }

        @Test func whatIsLiveChangesAndTheRestIsSaid() throws {
            let new = try configuration([
                "limits.rate": .number(7), "log.level": .text("debug"), "quota.instances": .number(3), "listen.http": .text("127.0.0.1:9"),
                "host.uri": .text("test:///default"),
            ])
            let (holds, applied, log) = try reload(["trash.keep": .number(60)]) { new }
            #expect(holds.number("limits.rate") == 7 && holds.logLook.level == .debug && holds.operationSettings.limits.instances == 3)
            #expect(holds.text("listen.http") == "127.0.0.1:8080" && holds.text("host.uri") == "qemu:///system")
            #expect(holds.number("trash.keep") == 7 * 86_400, "what the file no longer says is as usual")
            #expect(applied == [holds])
            #expect(
                log == [
                    "notice test: configuration read again; changed: limits.rate, trash.keep, quota.instances, log.level",
                    "warning test: restart to change listen.http, host.uri",
                ])
        }

        @Test func whatWasReadAtTheFirstStartIsNotPromisedForTheNext() throws {
            let new = try configuration(["network.vlan": .number(9), "host.reserve": .number(7), "trash.interval": .number(9)])
            let (holds, _, log) = try reload([:]) { new }
            #expect(holds.number("network.vlan") == 7 && holds.operationSettings.collectorInterval == .seconds(9))
            #expect(log.first == "notice test: configuration read again; changed: trash.interval")
            #expect(
                log.dropFirst() == [
                    "warning test: neither this nor a restart changes network.vlan, host.reserve: read at the first start only, and what that made holds"
                ])
        }

        /// What differs from the records at a restart is what a reload calls settled.
        @Test func whatIsReadAtTheFirstStartIsWhatTheRecordsHold() throws {
            let first = ManagerSettings.all.filter(\.isFirst)
            #expect(first.allSatisfy { !$0.isLive && $0.meaning.hasSuffix("read at the first start only") })
            #expect(ManagerSettings.all.count { $0.meaning.contains("first start") } == first.count)
            let other: [String: Setting.Value] = [
                "administrator": .text("root"), "network.ipv4": .text("10.8.0.0/16"), "network.ipv6": .text("fd00:8::"),
                "network.vlan": .number(9), "network.domain": .text("other.test"), "network.firstPort": .number(21_000),
                "network.lastPort": .number(22_000), "host.reserve": .number(7), "host.cpuRatio": .number(2),
            ]
            let differences = try configuration(other).differences(from: configuration([:]).site())
            #expect(Set(differences.compactMap { $0.split(separator: " ").first.map(String.init) }) == Set(first.map(\.key)))
        }

        @Test func aBadOneIsRefusedWhole() throws {
            let file = FileManager.default.temporaryDirectory.appending(path: "lyceum-\(ProcessInfo.processInfo.globallyUniqueString)").path
            defer { unlink(file) }
            for text in ["[limits]\nrate = 7\nrat = 8\n", "[limits]\nrate = 7\nrate = 8\n", "[limits]\nrate = \"7\"\n", "limits = ["] {
                try PrivateFiles.write(Array(text.utf8), to: file)
                let (holds, applied, log) = try reload(["limits.rate": .number(5)]) {
                    try ManagerSettings.read(file: file, environment: [:])
                }
                #expect(holds.number("limits.rate") == 5 && applied.isEmpty)
                #expect(
                    log.count == 1 && log[0].hasPrefix("error test: the new configuration is refused, and the old one goes on: \(file):"))
            }
        }

        @Test func nothingChangedIsSaidToo() throws {
            let same = try configuration([:])
            #expect(try reload([:]) { same }.log == ["notice test: configuration read again; changed: nothing"])
        }

        @Test func aLoggerFollowsTheCommonLookUnlessItHasItsOwn() {
            let (look, lines) = (Live(LineLogHandler.Look(style: .text, level: .warning)), LogLines())
            func make() -> Logger {
                Logger(label: "test") { label in
                    LineLogHandler(label: label, look: look, clock: LogLines.Clock()) { line in lines.add(line) }
                }
            }
            let common = make()
            var own = make()
            own.logLevel = .error
            common.info("unheard")
            look.set(.init(style: .json, level: .info))
            common.info("heard")
            own.info("unheard")
            #expect(lines.all.count == 1)
            #expect(lines.all.first?.hasPrefix("{") == true)
        }
    }
#endif
