// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import Hummingbird
    import ImageStore
    import NIOCore
    import NIOHTTP1

    /// More of a refused body came than is thrown away: the connection is closed.
    struct TooMuchToDrain: Error {}

    /// A request's body, pulled piece by piece, for as long as its sender is not too slow: `patience` seconds of waiting in all, and one
    /// more for every `slowest` bytes that came. Only waiting counts, for the sender has no part in how long the daemon writes.
    ///
    /// Unchecked, because the iterator is not Sendable: it is used by one call at a time, first by whoever answers, and by the drain
    /// only after the answer was written.
    final class PulledBody: ByteStream, @unchecked Sendable {
        private var iterator: RequestBody.AsyncIterator
        private let clock: any Clock<Duration>
        private let elapsed: @Sendable () -> Duration
        private let (patience, slowest): (Int64, Int)
        private var (waited, received) = (Duration.zero, 0)

        init(_ body: RequestBody, _ service: CloudService, _ limits: HTTPListener.Limits) {
            iterator = body.makeAsyncIterator()
            (clock, elapsed) = (service.clock, service.elapsed)
            (patience, slowest) = (limits.patienceSeconds, max(1, limits.slowestBytes))
        }

        /// The next piece; a body that breaks off, or that is no chunked coding, is the caller's fault, and said so. Throws
        /// `request-timeout` for one that comes too slowly.
        func next() async throws -> [UInt8]? {
            do {
                let left = .seconds(patience) + .seconds(Double(received) / Double(slowest)) - waited
                let began = elapsed()
                guard let buffer = try await piece(within: left) else { return nil }
                waited += elapsed() - began
                received += buffer.readableBytes
                return Array(buffer.readableBytesView)
            } catch let error as CloudError { throw error } catch is CancellationError { throw CancellationError() } catch {
                let unread = (error as? HTTPParserError).map { UnreadRequest($0) }
                let reason = unread == .chunk ? UnreadRequest.chunk.rawValue : "the body breaks off"
                throw CloudError(.malformedRequest, ["pointer": "", "reason": reason], detail: "\(error)")
            }
        }

        /// Throws away what is left of a refused body. What breaks off meanwhile has nobody to be told.
        func drain(upTo limit: Int, within time: Duration) async throws {
            let end = elapsed() + time
            var count = 0
            while true {
                let buffer: ByteBuffer?
                do { buffer = try await piece(within: end - elapsed()) } catch is HTTPParserError { return }
                guard let buffer else { return }
                count += buffer.readableBytes
                guard count <= limit else { throw TooMuchToDrain() }
            }
        }

        private func piece(within limit: Duration) async throws -> ByteBuffer? {
            try await withThrowingTaskGroup(of: ByteBuffer?.self) { tasks in
                tasks.addTask { try await self.iterator.next() }
                tasks.addTask { [clock, patience] in
                    try await clock.sleep(for: limit)
                    throw CloudError(.requestTimeout, ["seconds": String(patience)])
                }
                defer { tasks.cancelAll() }
                return try await tasks.next() ?? nil
            }
        }
    }
#endif
