// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudCore
    import CloudHTTP
    import CloudModel
    import CloudOperations
    import CloudWorkflow
    import CloudStore
    import CloudSimulation
    import CloudStoreSQLite
    import Foundation
    import Logging
    import ServiceLifecycle
    import Synchronization
    import Testing

    @testable import DaemonKit

    /// What a manager tells of itself: its log, and its metrics.
    @Suite struct ManagerFrontTests {
        private final class Lines: Sendable {
            let all = Mutex<[String]>([])
            func logger(_ clock: SimulatedClock) -> Logger {
                Logger(label: "lyceumd") { label in
                    LineLogHandler(label: label, style: .json, level: .info, clock: clock) { line in self.all.withLock { $0.append(line) } }
                }
            }
            func objects() throws -> [[String: String]] {
                try all.withLock { $0 }.map { try JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
            }
        }

        /// A batch of two: from the call's line on each operation can be followed to its end by ids alone.
        @Test func oneRequestCanBeFollowedToItsOperationsEnds() async throws {
            let (clock, shelf, lines) = (SimulatedClock(), try Shelf(), Lines())
            let host = SimulatedHost(clock: clock, bootTime: .zero)
            let configuration = try Configuration(ManagerSettings.all, prefix: "LYCEUMD")
            let front = ManagerFront(configuration, lines.logger(clock))
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock, waits: ContinuousClock(), notice: front.heard)
            let template = try await site.template()
            let parts = try front.service(of: site.cloud, SimulatedSite.setup(), backups: site.backups)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await site.cloud.runner.serve() }
                let answer = await parts.answer(
                    Call(
                        method: "POST", path: "/v1/instances",
                        fields: ["Content-Type": "application/json", "X-Request-Id": "req-42", "Idempotency-Key": "k"],
                        body: Whole(bytes: Array(#"{"template":"\#(template)","name":"lab-%d","count":2,"start":true}"#.utf8)),
                        peer: .account(userID: 0)))
                #expect(answer.status == 202)
                let operation = try #require(answer.fields["Location"]?.split(separator: "/").last.map(String.init))
                for _ in 0..<3000 where try lines.objects().filter({ $0["parent"] == operation }).count < 2 {
                    try await Task.sleep(for: .milliseconds(10), clock: ContinuousClock())
                }
                tasks.cancelAll()
                let log = try lines.objects()
                let call = try #require(log.first { $0["request"] == "req-42" })
                #expect(call["operation"] == operation && call["status"] == "202" && call["message"] == "POST /v1/instances")
                #expect(log.contains { $0["operation"] == operation && $0["message"]?.hasPrefix("instance.create") == true })
                let children = log.filter { $0["parent"] == operation }
                #expect(children.count == 2 && children.allSatisfy { $0["operation"]?.hasPrefix("op-") == true && $0["object"] != nil })
                #expect(children.allSatisfy { $0["level"] == "info" && $0["message"]?.hasSuffix("is done") == true })
            }
            let text = try await front.metrics(of: site.cloud)
            for line in [
                #"lyceum_http_requests_total{method="POST",route="/v1/instances",status="202"} 1"#,
                #"lyceum_operations_total{kind="instance.start",outcome="done"} 2"#,
                #"lyceum_instances{state="running"} 2"#, #"lyceum_operations_open{state="stuck"} 0"#,
                "lyceum_host_reachable{host=\"\(SimulatedSite.host)\"} 1",
            ] { #expect(text.contains(line + "\n"), "\(line)") }
            #expect(text.contains("lyceum_store_commits_total ") && !text.contains("admin") && !text.contains("lab-1"))
            try await site.store.close()
        }

        /// As after a failed fsync: what is asked is answered, and nothing is written until the records are opened anew.
        @Test func whereNothingCanBeWrittenItIsNeitherAliveNorReady() async throws {
            let (clock, shelf, lines) = (SimulatedClock(), try Shelf(), Lines())
            let folder = try shelf.folder("site")
            let configuration = try Configuration(ManagerSettings.all, file: ["listen.socket": .text("")], prefix: "LYCEUMD")
            let front = ManagerFront(configuration, lines.logger(clock))
            let site = try await KeptSite(in: folder, host: SimulatedHost(clock: clock, bootTime: .zero), clock: clock)
            let setup = try SimulatedSite.setup()
            let parts = try front.parts(of: site.cloud, setup, backups: site.backups, behind: [])
            let api = front.service(of: site.cloud, setup, backups: site.backups)
            func readiness() async -> Int {
                await api.answer(Call(method: "GET", path: "/readyz", fields: [:], body: Whole(bytes: []), peer: .network)).status
            }
            try await parts.check()
            #expect(await readiness() == 200)

            // Another store leads the same file from now on, so this one's writer is refused.
            let other = try await SQLiteStore.open(path: folder.ownFile("lyceum.db"))
            _ = try await site.cloud.someSealed()
            await #expect(throws: CloudError.self) { try await parts.check() }
            #expect(await readiness() != 200)
            try await site.store.close()
            try await other.close()
        }

        @Test func aRefusalIsALineAndAStuckRunAWarning() throws {
            let (clock, lines) = (SimulatedClock(), Lines())
            let refusal = CloudError(.noHost, ["instance": "vm-1", "hosts": "full"], detail: "only for the log").failure
            for outcome in [
                RunNews.Outcome.undone(refusal), .superseded,
                .stuck(StuckPoint(step: "disk", undoing: true, failure: refusal, attempts: 1)),
            ] {
                let news = RunNews(run: RunID("op-2"), parent: RunID("op-1"), kind: "instance.start", object: "vm-1", outcome: outcome)
                CloudNotice.ended(news).write(to: lines.logger(clock))
            }
            CloudNotice.passed("host watch", .seconds(1)).write(to: lines.logger(clock))
            let log = try lines.objects()
            #expect(log.map { $0["level"] } == ["notice", "info", "warning"])
            #expect(log.allSatisfy { $0["operation"] == "op-2" && $0["parent"] == "op-1" && $0["object"] == "vm-1" })
            #expect(log[0]["message"]?.contains("no-host") == true && log[2]["message"]?.contains("stuck taking back disk") == true)
        }

        private struct Whole: ByteStream {
            var bytes: [UInt8]?
            mutating func next() -> [UInt8]? {
                defer { bytes = nil }
                return bytes
            }
        }
    }
#endif
