// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import NIOCore
    import NIOHTTP1

    /// Stands between the HTTP parser and everything behind it, one for each connection.
    ///
    /// What the parser cannot read ends in an empty 400 of Hummingbird's, in its turn behind the answers that are still due; here that
    /// 400 gets the problem as its content. A connection whose other end takes nothing of its answer for a while is closed; one that takes
    /// it slowly is not. And whoever waits for the other end's sake hears here that it has gone.
    final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias InboundOut = HTTPServerRequestPart
        typealias OutboundIn = HTTPServerResponsePart
        typealias OutboundOut = HTTPServerResponsePart

        /// When the other end has gone.
        let departure = Departure()
        private let refuse: (UnreadRequest) -> Answer
        private let patience: TimeAmount
        private var (asked, answered) = (0, 0)
        private var unread: UnreadRequest?
        private var refuses = false
        private let buffered: (any Channel) throws -> Int
        private var stalled: Scheduled<Void>?
        /// Bytes that were written so far, and how many of them the other end had taken when last looked at; nil before the first look.
        private var (written, seen): (Int, Int?) = (0, nil)

        /// - Parameters:
        ///   - patience: how long nothing of an answer may be taken.
        ///   - buffered: the bytes that were written to a channel and not yet taken by the kernel.
        ///   - refuse: writes the answer to what could not be read.
        init(
            patience: TimeAmount, buffered: @escaping (any Channel) throws -> Int = ConnectionGuard.bufferedBytes,
            refuse: @escaping (UnreadRequest) -> Answer
        ) {
            self.patience = patience
            self.buffered = buffered
            self.refuse = refuse
        }

        /// What the channel says itself; 0 of one that does not count.
        private static func bufferedBytes(_ channel: any Channel) throws -> Int {
            try channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard unread == nil else { return }
            if case .head(let head) = unwrapInboundIn(data) {
                guard head.headers["Host"].count == 1 || head.version == .http1_0 else { return fail(context, .host) }
                asked += 1
            }
            context.fireChannelRead(data)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
            if unread == nil { fail(context, UnreadRequest(error), error) }
        }

        /// From now on nothing more is read. Those behind know the parser's errors only.
        private func fail(_ context: ChannelHandlerContext, _ reason: UnreadRequest, _ error: HTTPParserError = .unknown) {
            unread = reason
            context.fireErrorCaught(error)
        }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            switch unwrapOutboundIn(data) {
            case .head(var head):
                if let unread, answered == asked {
                    refuses = true
                    return write(refuse(unread), context, promise)
                }
                if unread != nil { head.headers.replaceOrAdd(name: "Connection", value: "close") }
                forward(.head(head), context, promise)
            case .body where refuses: promise?.succeed()
            case .body(let bytes): forward(.body(bytes), context, promise)
            case .end(let trailers):
                answered += 1
                forward(.end(trailers), context, promise)
            }
        }

        private func write(_ answer: Answer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
            guard case .bytes(let bytes) = answer.body else { return }
            var headers = HTTPHeaders(answer.fields.all.map { ($0.name, $0.value) })
            headers.add(name: "Content-Length", value: String(bytes.count))
            let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
            forward(.head(head), context, promise)
            forward(.body(.byteBuffer(ByteBuffer(bytes: bytes))), context, nil)
        }

        /// Writes, and counts what that adds to the buffer; the encoder before us adds more than we hand it.
        private func forward(_ part: HTTPServerResponsePart, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
            let before = inBuffer(context.channel)
            context.write(wrapOutboundOut(part), promise: promise)
            written += inBuffer(context.channel) - before
            // The write that filled the buffer: from here on something has to be taken.
            if stalled != nil, seen == nil { seen = written - inBuffer(context.channel) }
        }

        private func inBuffer(_ channel: any Channel) -> Int {
            // A channel that is closed already has nobody to take anything.
            do { return try buffered(channel) } catch { return 0 }
        }

        func channelWritabilityChanged(context: ChannelHandlerContext) {
            stalled?.cancel()
            (stalled, seen) = (nil, nil)
            if !context.channel.isWritable { watch(context.channel, context.eventLoop) }
            context.fireChannelWritabilityChanged()
        }

        /// Looks again after the patience, and closes a connection of which nothing was taken meanwhile.
        private func watch(_ channel: any Channel, _ eventLoop: any EventLoop) {
            stalled = eventLoop.assumeIsolated().scheduleTask(in: patience) { [self] in
                let taken = written - inBuffer(channel)
                guard let before = seen, taken > before else { return channel.close(promise: nil) }
                seen = taken
                watch(channel, eventLoop)
            }
        }

        /// An end that says nothing more may still listen to the answer that is under way, but not to one that never ends.
        private static var grace: TimeAmount { .seconds(1) }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed? = event as? ChannelEvent {
                context.eventLoop.scheduleTask(in: Self.grace) { [departure] in departure.leave() }
            }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            stalled?.cancel()
            departure.leave()
            context.fireChannelInactive()
        }
    }

    /// Puts a guard right behind the parser. Hummingbird adds handlers only behind its own types of messages, which know neither
    /// HTTP's version nor two headers Host.
    final class GuardInstaller: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = Never
        private let guardian: ConnectionGuard
        init(_ guardian: ConnectionGuard) { self.guardian = guardian }

        func handlerAdded(context: ChannelHandlerContext) {
            let pipeline = context.pipeline.syncOperations
            do {
                let parser = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
                try pipeline.addHandler(guardian, position: .after(parser.handler))
            } catch {
                context.fireErrorCaught(error)
                context.close(promise: nil)
            }
        }
    }

    extension Channel {
        /// When the other end of this connection has gone.
        func departure() async throws -> Departure {
            try await eventLoop.submit { try self.pipeline.syncOperations.handler(type: ConnectionGuard.self).departure }.get()
        }
    }

    extension UnreadRequest {
        /// What the parser says, in our words.
        init(_ error: HTTPParserError) {
            self =
                switch error {
                case .invalidMethod: .method
                case .invalidURL: .target
                case .invalidVersion, .invalidConstant: .version
                case .invalidHeaderToken, .lfExpected, .invalidCharactersUsed: .field
                case .headerOverflow: .headerLimit
                case .invalidContentLength, .unexpectedContentLength: .length
                case .invalidChunkSize: .chunk
                case .invalidEOFState, .closedConnection: .breaksOff
                default: .other
                }
        }
    }
#endif
