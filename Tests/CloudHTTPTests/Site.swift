// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudCore
import CloudHTTP
import CloudSimulation
import CloudStoreSQLite
import Foundation
import Synchronization
import Testing

/// A simulated cloud behind the service: an administrator, two students with tokens, and a template that all may use.
struct Site: Sendable {
    let cloud: Cloud
    let service: CloudService
    let host: SimulatedHost
    let clock: SimulatedClock
    let passed: Passed
    let records: Shared<[CloudService.Record]>

    static func with(
        figures: CallLimits.Figures = .init(rate: 100_000, burst: 100_000, concurrent: 1000),
        ownLogin: String? = nil, bootTime: Duration = .zero, backups: (any BackupSource)? = nil, metrics: (any MetricsSource)? = nil,
        change: (inout CloudService.Settings) -> Void = { _ in },
        _ body: (Site) async throws -> Void
    ) async throws {
        let site = try await Site(
            figures: figures, ownLogin: ownLogin, bootTime: bootTime, backups: backups, metrics: metrics, change: change)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await site.cloud.runner.serve() }
            try await body(site)
            tasks.cancelAll()
        }
    }

    private init(
        figures: CallLimits.Figures, ownLogin: String?, bootTime: Duration, backups: (any BackupSource)?, metrics: (any MetricsSource)?,
        change: (inout CloudService.Settings) -> Void
    ) async throws {
        clock = SimulatedClock()
        host = SimulatedHost(clock: clock, bootTime: bootTime)
        let world = SimulatedSite.world(
            store: try SQLiteMemoryStore(), host: host, clock: clock, sources: SeededSources(seed: 1))
        cloud = Cloud(world: world, clock: ContinuousClock())
        try await cloud.prepare(try SimulatedSite.setup())
        _ = try await HostWatch(cloud: cloud).pass()
        var settings = CloudService.Settings(version: "test", publicAddress: "127.0.0.1")
        change(&settings)
        let (passed, records) = (Passed(), Shared<[CloudService.Record]>([]))
        (self.passed, self.records) = (passed, records)
        let chance = SeededChance()
        service = CloudService(
            cloud: cloud, settings: settings, signIn: SignIn { ["0": "admin", "1001": "anna"]["\($0)"] ?? ownLogin }, figures: figures,
            clock: ContinuousClock(), elapsed: { passed.time }, chance: { chance.bytes($0) },
            backups: backups, metrics: metrics, log: { record in records.change { $0.append(record) } })
    }

    /// Sends a call as an account of the machine: 0 is the administrator, 1001 anna.
    func send(
        _ method: String, _ target: String, _ body: String? = nil, as account: UInt32? = 0, token: String? = nil, fields: Fields = [:]
    ) async -> Reply {
        var all = fields
        if body != nil, all["Content-Type"] == nil { all["Content-Type"] = "application/json" }
        if let token { all["Authorization"] = "Bearer \(token)" }
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        let call = Call(
            method: method, path: parts[0], query: parts.count > 1 ? parts[1] : nil, fields: all,
            body: WholeBytes(Array((body ?? "").utf8)), peer: account.map { .account(userID: $0) } ?? .network)
        return await Reply(service.answer(call))
    }

    /// How many uploads lie in the store.
    var uploads: Int { host.snapshot().disks.uploads.count }

    /// Begins a verb and waits for its end.
    func act(_ target: String, _ body: String = "{}", as account: UInt32 = 0) async throws -> OperationBody {
        let begun = await send("POST", target, body, as: account)
        try #require(begun.status == 202, "\(begun.text)")
        return try await ended(try #require(begun.fields["Location"]), as: account).body(OperationBody.self)
    }

    /// An operation once it has ended. On a busy machine one wait may be over before; ten of them are not.
    func ended(_ place: String, as account: UInt32 = 0) async throws -> Reply {
        var reply = await send("GET", place + "?wait=30", as: account)
        for _ in 1..<10 {
            if try reply.body(OperationBody.self).ended { break }
            reply = await send("GET", place + "?wait=30", as: account)
        }
        return reply
    }

    /// A template made over the API, as a teacher does it.
    func template() async throws -> String {
        let upload = await service.answer(
            Call(
                method: "POST", path: "/v1/uploads", fields: ["Content-Type": "application/octet-stream"],
                body: WholeBytes([UInt8](repeating: 0, count: 1 << 19), [UInt8](repeating: 0, count: 1 << 19)), peer: .account(userID: 0)))
        let id = try await Reply(upload).body(UploadBody.self).id
        let image = try await act("/v1/images", #"{"name":"tiny","upload":"\#(id)","format":"raw"}"#)
        try #require(image.outcome == "done", "\(image)")
        let body = #"{"name":"Tiny","image":"\#(image.object)","cpus":1,"memory":536870912,"sharedWith":["grp-everybody"]}"#
        return try await act("/v1/templates", body).object
    }

    /// Anna with her account 1001 and a token.
    func anna() async throws -> (user: UserBody, token: String) {
        let user = try await send("POST", "/v1/users", #"{"login":"anna","name":"Anna"}"#).body(UserBody.self)
        let token = try await send("POST", "/v1/users/\(user.id)/tokens", #"{"label":"laptop"}"#).body(TokenBody.self)
        return (user, token.token)
    }
}

/// What came back, read.
struct Reply: Sendable {
    let status: Int
    let fields: Fields
    let text: String

    init(_ answer: Answer) async {
        (status, fields) = (answer.status, answer.fields)
        switch answer.body {
        case .console: text = ""
        case .bytes(let bytes): text = String(decoding: bytes, as: UTF8.self)
        case .stream(let write):
            let pieces = Shared<[UInt8]>([])
            do { try await write { bytes in pieces.change { $0 += bytes } } } catch { Issue.record(error) }
            text = String(decoding: pieces.value, as: UTF8.self)
        }
    }

    func body<Body: Decodable>(_ type: Body.Type) throws -> Body {
        do { return try APICoding.decodeAnswer(type, from: Data(text.utf8)) } catch {
            Issue.record("\(status): \(text)")
            throw error
        }
    }
    var problem: Problem? { fields["Content-Type"] == Problem.mediaType ? try? body(Problem.self) : nil }
    var code: String? { problem?.code }
}

/// A box for tests, shared by reference.
final class Shared<Value: Sendable>: Sendable {
    private let inner: Mutex<Value>
    init(_ value: Value) { inner = Mutex(value) }
    var value: Value { inner.withLock { $0 } }
    func change(_ body: (inout Value) -> Void) { inner.withLock { body(&$0) } }
}

/// Time that passes only when a test says so.
final class Passed: Sendable {
    private let inner = Mutex<Duration>(.zero)
    var time: Duration { inner.withLock { $0 } }
    func pass(_ duration: Duration) { inner.withLock { $0 += duration } }
}

/// Bytes of a seed.
final class SeededChance: Sendable {
    private let random = Mutex(SplitMix64(seed: 7))
    func bytes(_ count: Int) -> [UInt8] { random.withLock { random in (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } } }
}
