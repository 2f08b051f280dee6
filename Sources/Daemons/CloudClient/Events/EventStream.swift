// SPDX-License-Identifier: Apache-2.0

public import CloudAPI
import Foundation

/// The events that the caller may see, in commit order, each once. A stream that breaks off is taken up again behind the last event
/// that came; numbers may have holes.
public struct EventStream: AsyncSequence, Sendable {
    /// An event with its JSON.
    public typealias Element = Received<EventBody>

    let client: CloudClient
    let after: Int64?
    let limit: Int?
    let until: APITime?

    /// A pass over the events.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

    /// Where a pass is.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: EventStream
        private var last: Int64?
        private var count = 0
        private var ready: ArraySlice<Received<EventBody>> = []
        private var parser = ServerSentEvents()
        private var read: (() async throws -> [UInt8]?)?
        private var ended = false
        private var breaks = 0

        init(stream: EventStream) {
            self.stream = stream
            last = stream.after
        }

        /// The next event; waits for it. Nil when `limit` events came or the time `until` is over. Throws ``ClientError``; `events-gone`
        /// means that events were missed: list again, then follow anew.
        public mutating func next() async throws -> Received<EventBody>? {
            while ready.isEmpty {
                if ended || count == stream.limit ?? .max { return nil }
                do {
                    if read == nil { read = try await open() }
                    guard let piece = try await read?() else {
                        try await pause("the stream ended", isEnd: stream.until != nil)
                        continue
                    }
                    breaks = 0
                    try take(piece)
                } catch let failure as TransportFailure {
                    try await pause(failure.reason, isEnd: false)
                }
            }
            let event = ready.removeFirst()
            (last, count) = (event.value.number, count + 1)
            return event
        }

        private func open() async throws -> () async throws -> [UInt8]? {
            let left = stream.limit.map { $0 - count }
            var call = OutgoingCall(
                "GET",
                CloudClient.target("/v1/events", [("limit", left.map(String.init)), ("until", stream.until?.description)]))
            call["Accept"] = "text/event-stream, \(Problem.mediaType)"
            call["Last-Event-ID"] = last.map(String.init)
            call.streams = true
            let answer = try await stream.client.exchange(call) { answer in
                if answer.status != 200 { throw CloudClient.refusal(answer, try await CloudClient.whole(answer)) }
                return answer
            }
            return answer.body()
        }

        private mutating func take(_ piece: [UInt8]) throws {
            for message in parser.feed(piece) {
                do {
                    let bytes = Array(message.data.utf8)
                    let body = try APICoding.decodeAnswer(EventBody.self, from: Data(bytes))
                    if let last, body.number <= last { continue }
                    ready.append(Received(body, json: try StrictJSON.parse(bytes)))
                } catch { throw ClientError.unexpected(status: 200, reason: "an event cannot be read: \(error)") }
            }
            if last == nil { last = parser.lastID.flatMap { Int64($0) } }
            if parser.overflowed {
                throw ClientError.unexpected(status: 200, reason: "an event has more than \(ServerSentEvents.lineLimit) bytes")
            }
        }

        /// The stream is over, or broke: then it is opened again, a while later each time, until a piece comes.
        private mutating func pause(_ reason: String, isEnd: Bool) async throws {
            (read, parser) = (nil, ServerSentEvents())
            if isEnd {
                ended = true
                return
            }
            let delays = stream.client.patience.delays
            guard breaks < delays.count else {
                throw ClientError.unreachable(address: stream.client.address.description, reason: reason)
            }
            try await stream.client.clock.sleep(for: delays[breaks])
            breaks += 1
        }
    }
}

extension CloudClient {
    /// The stream of events.
    /// - Parameters:
    ///   - after: begin behind this number; nil for what happens from now on.
    ///   - limit: end after so many events; nil for never.
    ///   - until: end when this time has come and everything before was sent; nil for never.
    public func events(after: Int64? = nil, limit: Int? = nil, until: APITime? = nil) -> EventStream {
        EventStream(client: self, after: after, limit: limit, until: until)
    }
}
