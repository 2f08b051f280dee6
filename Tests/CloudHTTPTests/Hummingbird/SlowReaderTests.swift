// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import NIOCore
    import NIOEmbedded
    import NIOHTTP1
    import Testing

    @testable import CloudHTTP

    /// Who takes an answer slowly keeps the connection; who takes nothing of it for thirty seconds does not. Time is moved by hand.
    @Suite struct SlowReaderTests {
        /// A connection whose other end takes what the test says.
        private final class Line {
            let channel = EmbeddedChannel()
            private var buffered = 0
            private let counts: Bool

            init(counts: Bool = true) throws {
                self.counts = counts
                let counter = Counter { [unowned self] in buffered += $0 }
                let guardian = ConnectionGuard(patience: .seconds(30), buffered: { [unowned self] _ in try size() }) { _ in
                    Answer(status: 400)
                }
                try channel.pipeline.syncOperations.addHandlers([counter, guardian])
                try channel.connect(to: SocketAddress(unixDomainSocketPath: "/reader")).wait()
            }
            private struct Closed: Error {}
            private func size() throws -> Int {
                guard counts else { throw Closed() }
                return buffered
            }

            /// The daemon writes a piece; a full buffer is said within the write, as a real channel does.
            func write(_ count: Int) throws {
                channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(repeating: 0, count: count))), promise: nil)
            }
            func take(_ count: Int) { buffered -= count }
            func full(_ full: Bool) {
                channel.isWritable = !full
                channel.pipeline.fireChannelWritabilityChanged()
            }
            func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }
            var isOpen: Bool { channel.isActive }
        }

        /// Stands where the encoder and the socket are.
        private final class Counter: ChannelOutboundHandler {
            typealias OutboundIn = HTTPServerResponsePart
            typealias OutboundOut = Never
            let added: (Int) -> Void
            init(added: @escaping (Int) -> Void) { self.added = added }
            func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
                promise?.succeed()
                guard case .body(.byteBuffer(let bytes)) = unwrapOutboundIn(data) else { return }
                added(bytes.readableBytes)
                if bytes.readableBytes >= 64 * 1024 {
                    (context.channel as? EmbeddedChannel)?.isWritable = false
                    context.pipeline.fireChannelWritabilityChanged()
                }
            }
        }

        @Test func whoTakesALittleNowAndThenIsNotCut() throws {
            let line = try Line()
            try line.write(1 << 20)
            for _ in 0..<20 {
                line.pass(29)
                line.take(1)
                line.pass(1)
                #expect(line.isOpen)
            }
        }

        @Test func whoTakesNothingIsCutAfterThePatienceAndNotBefore() throws {
            let line = try Line()
            try line.write(1 << 20)
            line.pass(29)
            #expect(line.isOpen)
            line.pass(1)
            #expect(!line.isOpen)
        }

        @Test func whoStopsAfterAWhileIsCutToo() throws {
            let line = try Line()
            try line.write(1 << 20)
            line.take(1000)
            line.pass(30)
            #expect(line.isOpen)
            line.pass(30)
            #expect(!line.isOpen)
        }

        @Test func whatTheDaemonAddsIsNothingTaken() throws {
            let still = try Line()
            try still.write(1 << 20)
            try still.write(10)
            still.pass(30)
            #expect(!still.isOpen, "a fuller buffer is no progress")
            let slow = try Line()
            try slow.write(1 << 20)
            slow.take(5)
            try slow.write(10)
            slow.pass(30)
            #expect(slow.isOpen, "and hides none")
        }

        @Test func aBufferThatWasEmptiedBeginsAnew() throws {
            let line = try Line()
            for _ in 0..<3 {
                try line.write(1 << 20)
                line.pass(29)
                line.take(1 << 20)
                line.full(false)
                line.pass(600)
                #expect(line.isOpen, "an idle connection is another limit's")
            }
        }

        @Test func aChannelThatCannotBeAskedIsCut() throws {
            let line = try Line(counts: false)
            try line.write(1 << 20)
            line.pass(30)
            #expect(!line.isOpen)
        }
    }
#endif
