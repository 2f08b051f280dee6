// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudClient
    import CloudModel
    import Foundation
    import Synchronization

    @testable import CloudCommands

    /// A cloud that answers from a table of `METHOD /path` and remembers what was asked. Each route gives its answers in turn and then
    /// stays with the last.
    final class StubCloud: CloudTransport {
        struct Reply: Sendable {
            var status = 200
            var text: String
            var type = "application/json"
            var fields: [String: String] = [:]
            /// Nobody answers.
            var isAway = false
        }
        let address = CloudAddress.socket("/stub.sock")
        private let state: Mutex<(table: [String: [Reply]], calls: [OutgoingCall])>

        init(_ table: [String: [Reply]]) { state = Mutex((table, [])) }

        var calls: [OutgoingCall] { state.withLock { $0.calls } }
        /// `METHOD /path` of each call, without queries.
        var routes: [String] { calls.map(Self.route) }

        private static func route(_ call: OutgoingCall) -> String { "\(call.method) \(call.target.prefix { $0 != "?" })" }

        func send(_ call: OutgoingCall) async throws -> IncomingAnswer {
            let reply: Reply? = state.withLock { state in
                state.calls.append(call)
                let route = Self.route(call)
                guard let replies = state.table[route], let first = replies.first else { return nil }
                if replies.count > 1 { state.table[route] = Array(replies.dropFirst()) }
                return first
            }
            guard let reply else {
                let problem = Wire.problem("not-found", 404, parameters: #"{"object":"x"}"#)
                return IncomingAnswer(status: 404, fields: ["content-type": "application/problem+json"], bytes: Array(problem.utf8))
            }
            if reply.isAway { throw TransportFailure(.lost, "reset") }
            return IncomingAnswer(
                status: reply.status, fields: reply.fields.merging(["content-type": reply.type]) { $1 }, bytes: Array(reply.text.utf8))
        }
    }

    extension StubCloud.Reply: ExpressibleByStringLiteral {
        init(stringLiteral value: String) { self.init(text: value) }
        static var away: Self { Self(text: "", isAway: true) }
        static func accepted(_ text: String) -> Self { Self(status: 202, text: text) }
        static func problem(_ code: String, _ status: Int, parameters: String = "{}") -> Self {
            Self(status: status, text: Wire.problem(code, status, parameters: parameters), type: "application/problem+json")
        }
    }

    /// Bodies as the wire has them.
    enum Wire {
        static func instance(
            _ number: Int, _ name: String, state: String = "running", ready: Bool = true, more: String = ""
        ) -> String {
            #"{"id":"\#(id(number))","name":"\#(name)","hostname":"vm-\#(number)","owner":"user-1","group":"grp-1","template":"tmpl-1","#
                + #""revision":1,"state":"\#(state)","ready":\#(ready),"cpus":2,"memory":536870912,"disks":[],"#
                + #""addresses":[{"port":"port-1","network":"net-1","#
                + #""ipv4":"10.7.0.\#(number)","mac":"02:00:00:00:00:0\#(number)","hostname":"vm-\#(number).lab.test"}],"tags":[],"forwardedPorts":[],"#
                + #""createdAt":"2026-02-03T09:00:00Z","changedAt":"2026-02-03T09:00:01Z"\#(more)}"#
        }
        /// The id of the instance of a number: of full length, as drawn ones are.
        static func id(_ number: Int) -> String { "vm-0000000000000000000\(number)" }

        static func operation(
            _ id: String, object: String, state: String = "running", verb: String = "instance.start", failure: String? = nil,
            children: [String] = [], objects: [String]? = nil
        ) -> String {
            let ended = ["done", "undone", "superseded"].contains(state)
            func list(_ texts: [String]) -> String { "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
            return #"{"id":"\#(id)","verb":"\#(verb)","object":"\#(object)","state":"\#(state)","ended":\#(ended),"#
                + #""percent":\#(ended ? 100 : 40),"cancelRequested":false,"steps":[],"objects":\#(list(objects ?? [object])),"#
                + #""children":\#(list(children))\#(failure.map { #","failure":\#($0)"# } ?? "")}"#
        }
        static func list(_ items: [String], next: String? = nil) -> String {
            #"{"items":[\#(items.joined(separator: ","))]\#(next.map { #","next":"\#($0)""# } ?? "")}"#
        }
        static func problem(_ code: String, _ status: Int, parameters: String = "{}") -> String {
            #"{"code":"\#(code)","detail":"why \#(code)","next":"advice","parameters":\#(parameters),"requestId":"req-1","#
                + #""status":\#(status),"title":"what \#(code)","type":"/v1/errors/\#(code)"}"#
        }
        static let template =
            #"{"id":"tmpl-1","name":"Tiny","owner":"user-1","group":"grp-1","revisions":[],"createdAt":"2026-02-03T09:00:00Z"}"#
    }

    /// A clock that says it has slept when it has not.
    struct ImpatientClock: Clock {
        var now: ContinuousClock.Instant { ContinuousClock().now }
        var minimumResolution: Duration { .zero }
        func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws { try Task.checkCancellation() }
    }

    /// One run of the command line against a stub.
    struct Run {
        var out = ""
        var err = ""
        var status: Int32 = -1
        /// What an interruption would have said, from begin to end.
        var interruptions: [String?] = []
        /// Files that were made.
        var saved: [String: String] = [:]
        /// The program that was to go on, with its arguments.
        var became: [String] = []

        /// Runs `lyceum ARGUMENTS`. `terminal` makes all three streams terminals.
        static func lyceum(
            _ arguments: [String], _ cloud: StubCloud, terminal: Bool = false, environment: [String: String] = [:], lines: [String] = [],
            files: [String: String] = [:]
        ) async -> Run {
            let written = Mutex(
                (out: "", err: "", lines: lines[...], keys: 0, interruptions: [String?](), saved: [String: String](), became: [String]()))
            var surroundings = Surroundings(
                environment: ["TERM": "xterm", "NO_COLOR": "1"].merging(environment) { $1 }, inputIsTerminal: terminal,
                outputIsTerminal: terminal, errorIsTerminal: terminal,
                out: { text in written.withLock { $0.out += text } },
                err: { text in written.withLock { $0.err += text } },
                line: { written.withLock { $0.lines.popFirst() } },
                read: { path in
                    guard let text = files[path] else { throw CocoaError(.fileNoSuchFile) }
                    return Array(text.utf8)
                },
                look: { path in files[path].map { (Int64($0.utf8.count), path.hasSuffix("config.toml")) } },
                objection: { files[$0] == "folder" ? "it is no regular file" : nil },
                save: { path, body in
                    guard files[path] == nil else { throw CocoaError(.fileWriteFileExists) }
                    let text = Mutex("")
                    try await body { piece in text.withLock { $0 += String(decoding: piece, as: UTF8.self) } }
                    let whole = text.withLock { $0 }
                    written.withLock { $0.saved[path] = whole }
                },
                key: {
                    written.withLock {
                        $0.keys += 1
                        return "key-\($0.keys)"
                    }
                },
                clock: ImpatientClock(), now: { Timestamp(seconds: 1_770_109_200) }, connect: { _, _, body in try await body(cloud) },
                interrupted: { text in written.withLock { $0.interruptions.append(text) } })
            surroundings.become = { program, arguments in
                written.withLock { $0.became = [program] + arguments }
                return "no such file"
            }
            let status = await Lyceum.run(arguments, in: surroundings)
            return written.withLock {
                Run(out: $0.out, err: $0.err, status: status, interruptions: $0.interruptions, saved: $0.saved, became: $0.became)
            }
        }
    }
#endif
