// SPDX-License-Identifier: Apache-2.0

import CloudClient
import Foundation
import Synchronization

/// A transport that answers by a script and remembers what was asked.
final class ScriptedTransport: CloudTransport {
    enum Line: Sendable {
        case answer(Int, String, fields: [String: String] = ["content-type": "application/json"])
        case pieces([String], then: TransportFailure? = nil)
        case failure(TransportFailure.Kind)
        case broken(Int, String)
    }
    private struct State {
        var script: ArraySlice<Line>
        var calls: [OutgoingCall] = []
    }

    let address = CloudAddress.socket("/test.sock")
    private let state: Mutex<State>

    init(_ script: [Line]) { state = Mutex(State(script: script[...])) }

    var calls: [OutgoingCall] { state.withLock { $0.calls } }
    var isOver: Bool { state.withLock { $0.script.isEmpty } }

    func send(_ call: OutgoingCall) async throws -> IncomingAnswer {
        let line = state.withLock { state in
            state.calls.append(call)
            return state.script.popFirst()
        }
        switch line {
        case .answer(let status, let text, let fields): return IncomingAnswer(status: status, fields: fields, bytes: Array(text.utf8))
        case .pieces(let texts, let failure): return Self.stream(texts.map { Array($0.utf8) }, failure)
        case .broken(let status, let text):
            return Self.stream([Array(text.utf8)], TransportFailure(.lost, "reset"), status: status)
        case .failure(let kind): throw TransportFailure(kind, kind == .lost ? "reset" : "refused")
        case nil: throw TransportFailure(.notConnected, "the script is over")
        }
    }

    private static func stream(_ pieces: [[UInt8]], _ failure: TransportFailure?, status: Int = 200) -> IncomingAnswer {
        IncomingAnswer(status: status, fields: ["content-type": "text/event-stream"]) {
            var left = pieces[...]
            return {
                if let piece = left.popFirst() { return piece }
                if let failure { throw failure }
                return nil
            }
        }
    }
}

/// A clock on which no time passes: it remembers how long was slept.
final class SleeplessClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }
    private let time = Mutex(Duration.zero)
    var now: Instant { Instant(offset: time.withLock { $0 }) }
    var minimumResolution: Duration { .zero }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        time.withLock { $0 = max($0, deadline.offset) }
    }
}

/// Keys in order.
final class CountingKeys: Sendable {
    private let count = Mutex(0)
    func next() -> String {
        count.withLock { count in
            count += 1
            return "key-\(count)"
        }
    }
}

/// What the calls said, for those who want to look.
final class Traces: Sendable {
    private let found = Mutex<[CloudClient.Trace]>([])
    var all: [CloudClient.Trace] { found.withLock { $0 } }
    func add(_ trace: CloudClient.Trace) { found.withLock { $0.append(trace) } }
}

extension CloudClient {
    static func scripted(_ transport: ScriptedTransport, clock: SleeplessClock = SleeplessClock(), traces: Traces = Traces()) -> CloudClient
    {
        let keys = CountingKeys()
        return CloudClient(
            transport: transport, token: "secret-token", language: "hu", clock: clock, keys: { keys.next() }, trace: { traces.add($0) })
    }
}

/// Bodies as the wire has them.
enum Sample {
    static let operation =
        #"{"cancelRequested":false,"children":[],"ended":false,"id":"op-1","object":"vm-1","objects":["vm-1"],"#
        + #""percent":0,"state":"running","steps":[],"verb":"instance.start","colour":"of the future"}"#
    static let ended = operation.replacing(#""ended":false"#, with: #""ended":true"#).replacing("\"running\"", with: "\"done\"")
    static func problem(_ code: String, _ status: Int) -> String {
        #"{"code":"\#(code)","detail":"d","next":"n","parameters":{},"requestId":"req-1","status":\#(status),"title":"t","type":"/v1/errors/\#(code)"}"#
    }
    static let problemFields = ["content-type": "application/problem+json; charset=utf-8"]
    static func event(_ number: Int) -> String {
        "id: \(number)\nevent: x\ndata: {\"at\":\"2026-02-03T09:00:00Z\",\"code\":\"x\",\"number\":\(number),\"object\":\"vm-1\"}\n\n"
    }
}
