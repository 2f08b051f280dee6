// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import Synchronization

/// A cloud's API as Swift calls. Values are the API's own (CloudAPI); unknown fields are ignored, and words that may grow, such as an
/// instance's state, are texts.
///
/// Every call throws ``ClientError``. A `POST` carries an Idempotency-Key from the injected source, so a call whose connection was lost
/// is sent again under the same key and is done once (Documentation/api.md, "Sending twice").
public struct CloudClient: Sendable {
    /// Waiting times before a call is sent again after its connection was lost. An address where nobody has ever answered is given up
    /// at once: there nobody restarts, but something is not set up.
    public struct Patience: Sendable, Hashable {
        /// One waiting time for each repetition.
        public var delays: [Duration]
        /// Repetitions with these waiting times before them.
        public init(_ delays: [Duration]) { self.delays = delays }
        /// About ten seconds: a daemon that is started again.
        public static let standard = Patience([.milliseconds(100), .milliseconds(300), .seconds(1), .seconds(2), .seconds(3), .seconds(4)])
        /// About two minutes: for those who wait for an operation anyway.
        public static let long = Patience(standard.delays + Array(repeating: .seconds(5), count: 22))
        /// None.
        public static let none = Patience([])
    }

    /// One call with its end, for those who want to see what is said on the wire. Carries no token and no body.
    public struct Trace: Sendable, Hashable {
        /// The method.
        public let method: String
        /// Path and query.
        public let target: String
        /// The Idempotency-Key; nil where none was sent.
        public let key: String?
        /// The status; nil where no answer came.
        public let status: Int?
        /// The request's id, as the cloud's log has it.
        public let request: String?
        /// Why no answer came.
        public let failure: String?
    }

    let transport: any CloudTransport
    let token: String?
    let language: String?
    let agent: String
    let clock: any Clock<Duration>
    var keys: @Sendable () -> String
    var patience = Patience.standard
    var trace: @Sendable (Trace) -> Void
    private let contact = Contact()

    /// A client.
    /// - Parameters:
    ///   - token: the bearer token; nil for a socket that knows its peer, and for what is open to all.
    ///   - language: for texts, as in Accept-Language; nil for the cloud's choice.
    ///   - agent: what this program calls itself.
    ///   - clock: for the time before a call is sent again.
    ///   - keys: a new text of 1 to 200 characters of chance for each `POST`.
    ///   - trace: told of every call.
    public init(
        transport: any CloudTransport, token: String?, language: String? = nil, agent: String = "lyceum-client",
        clock: any Clock<Duration>, keys: @escaping @Sendable () -> String, trace: @escaping @Sendable (Trace) -> Void = { _ in }
    ) {
        self.transport = transport
        self.token = token
        self.language = language
        self.agent = agent
        self.clock = clock
        self.keys = keys
        self.trace = trace
    }

    /// The same client with another patience.
    public func with(patience: Patience) -> CloudClient {
        var copy = self
        copy.patience = patience
        return copy
    }

    /// The same client whose `POST` goes out under this key: for those who keep the key themselves, to repeat a call after their own end.
    public func with(key: String) -> CloudClient {
        var copy = self
        copy.keys = { key }
        return copy
    }

    /// Where calls go to.
    public var address: CloudAddress { transport.address }

    // MARK: Sending

    /// A call with everything that all calls carry.
    func dressed(_ call: OutgoingCall) -> OutgoingCall {
        var call = call
        if let token { call["Authorization"] = "Bearer \(token)" }
        if let language { call["Accept-Language"] = language }
        call["User-Agent"] = agent
        if call["Accept"] == nil { call["Accept"] = "application/json, \(Problem.mediaType)" }
        if call.method == "POST", call["Idempotency-Key"] == nil { call["Idempotency-Key"] = keys() }
        return call
    }

    /// How often a call waits for its turn (429 with Retry-After): nothing was done then, so any call may be sent again.
    static let rateWaits = 5

    /// Sends a call, again after a lost connection or when it was sent too early, and hands the answer to `read`, which may lose the connection too.
    func exchange<Result: Sendable>(_ call: OutgoingCall, _ read: (IncomingAnswer) async throws -> Result) async throws -> Result {
        let call = dressed(call)
        var delays = patience.delays[...]
        var waits = delays.isEmpty ? 0 : Self.rateWaits
        while true {
            do {
                let answer = try await transport.send(call)
                contact.made()
                if answer.status == 429, waits > 0, let seconds = answer.fields["retry-after"].flatMap({ Int($0) }), seconds <= 60 {
                    _ = try await Self.whole(answer)
                    tell(call, status: answer.status, request: answer.fields["x-request-id"])
                    waits -= 1
                    try await clock.sleep(for: .seconds(max(1, seconds)))
                    continue
                }
                let result = try await read(answer)
                tell(call, status: answer.status, request: answer.fields["x-request-id"])
                return result
            } catch let failure as TransportFailure {
                tell(call, failure: failure.reason)
                let mayRepeat = failure.kind == .lost ? call.repeatable : contact.wasMade
                guard mayRepeat, let delay = delays.popFirst() else {
                    throw ClientError.unreachable(address: address.description, reason: failure.reason)
                }
                if failure.kind == .lost { contact.made() }
                try await clock.sleep(for: delay)
            } catch let error as ClientError {
                if case .problem(let problem) = error { tell(call, status: problem.status, request: problem.requestId) }
                throw error
            }
        }
    }

    private func tell(_ call: OutgoingCall, status: Int? = nil, request: String? = nil, failure: String? = nil) {
        trace(
            Trace(
                method: call.method, target: call.target, key: call["Idempotency-Key"], status: status, request: request, failure: failure))
    }
}

/// Whether anybody has answered yet.
private final class Contact: Sendable {
    private let state = Mutex(false)
    var wasMade: Bool { state.withLock { $0 } }
    func made() { state.withLock { $0 = true } }
}
