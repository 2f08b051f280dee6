// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import NIOCore
    import NIOWebSocket

    /// The server's end of a WebSocket (RFC 6455) that carries bytes: messages have no meaning beyond what is in them.
    ///
    /// Nothing more is read from the connection than what somebody has asked for, and nothing more is written than what the other end
    /// takes. One that is silent although it is pinged, that takes nothing, or that breaks the protocol, is closed.
    final class ConsoleSocket: ChannelDuplexHandler {
        typealias InboundIn = WebSocketFrame
        typealias OutboundIn = Never
        typealias OutboundOut = WebSocketFrame

        /// The longest frame that is read.
        static let largestFrame = 1 << 20

        private let takesText: Bool
        private let silence: TimeAmount
        private let patience: TimeAmount
        private var context: ChannelHandlerContext?
        private var received = ByteBuffer()
        private var waiter: EventLoopPromise<[UInt8]?>?
        /// Whether a message has begun whose last frame is still to come.
        private var isInMessage = false
        /// Whether goodbye was said, or the connection is gone: nothing more is taken or given.
        private var isOver = false
        private var heard = NIODeadline.now()
        private var pings: Scheduled<Void>?

        /// - Parameters:
        ///   - takesText: whether text frames count as bytes.
        ///   - silence: after how long without a sign of life the connection is closed.
        ///   - patience: how long what was written may lie untaken.
        init(takesText: Bool, silence: TimeAmount, patience: TimeAmount) {
            self.takesText = takesText
            self.silence = silence
            self.patience = patience
        }

        func handlerAdded(context: ChannelHandlerContext) {
            self.context = context
            nextPing(context.eventLoop)
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            end()
            self.context = nil
        }

        // MARK: What the other end says

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            guard !isOver else { return }
            heard = .now()
            guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return fail(.protocolError) }
            switch frame.opcode {
            case .text where !takesText: fail(.unacceptableData)
            case .text, .binary:
                guard !isInMessage else { return fail(.protocolError) }
                isInMessage = !frame.fin
                take(frame.unmaskedData)
            case .continuation:
                guard isInMessage else { return fail(.protocolError) }
                isInMessage = !frame.fin
                take(frame.unmaskedData)
            case .ping:
                // Whoever pings without reading the answers gets no more of them.
                guard context.channel.isWritable else { return end(closing: true) }
                context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
            case .pong: break
            case .connectionClose: answerGoodbye(frame.unmaskedData)
            default: fail(.protocolError)
            }
        }

        private func take(_ bytes: ByteBuffer) {
            var bytes = bytes
            received.writeBuffer(&bytes)
            hand()
        }

        /// A code that may be sent is sent back (7.1.5); anything else breaks the protocol.
        private func answerGoodbye(_ payload: ByteBuffer) {
            var payload = payload
            guard payload.readableBytes > 0 else { return say(.normalClosure, "") }
            guard let code = payload.readInteger(as: UInt16.self), (1000...1014).contains(code) || (3000...4999).contains(code),
                ![1004, 1005, 1006].contains(code)
            else { return fail(.protocolError) }
            say(WebSocketErrorCode(codeNumber: Int(code)), "")
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            guard !isOver else { return }
            switch error {
            case NIOWebSocketError.invalidFrameLength: fail(.messageTooLarge)
            case is NIOWebSocketError: fail(.protocolError)
            default: end(closing: true)
            }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed? = event as? ChannelEvent { end(closing: true) }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            end()
            context.fireChannelInactive()
        }

        // MARK: Reading and writing, bounded

        /// The connection is read only where what came was taken, so that a guest that takes nothing stops who writes to it.
        func read(context: ChannelHandlerContext) {
            if received.readableBytes == 0 || isOver { context.read() }
        }

        /// The next bytes; nil at the end.
        func next(on loop: any EventLoop) -> EventLoopFuture<[UInt8]?> {
            guard let context, !isOver, waiter == nil else { return loop.makeSucceededFuture(nil) }
            let promise = context.eventLoop.makePromise(of: [UInt8]?.self)
            waiter = promise
            hand()
            if waiter != nil { context.read() }
            return promise.futureResult
        }

        private func hand() {
            guard received.readableBytes > 0, let waiter else { return }
            self.waiter = nil
            let bytes = received.readBytes(length: received.readableBytes)
            received.clear(minimumCapacity: 0)
            waiter.succeed(bytes)
        }

        /// Writes bytes as one message; succeeds once the kernel has them, with false where nobody takes them.
        func send(_ bytes: [UInt8], on loop: any EventLoop) -> EventLoopFuture<Bool> {
            guard let context, !isOver else { return loop.makeSucceededFuture(false) }
            let written = context.eventLoop.makePromise(of: Void.self)
            let limit = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { [weak self] in self?.end(closing: true) }
            context.writeAndFlush(
                wrapOutboundOut(WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(bytes: bytes))), promise: written)
            return written.futureResult.map { true }.recover { _ in false }.always { _ in limit.cancel() }
        }

        private func nextPing(_ loop: any EventLoop) {
            pings = loop.assumeIsolated().scheduleTask(in: .nanoseconds(silence.nanoseconds / 3)) { [weak self] in
                self?.ping()
                if self?.isOver == false { self?.nextPing(loop) }
            }
        }

        private func ping() {
            guard let context, !isOver else { return }
            // While nothing is read, for the guest takes nothing, no sign of life can be seen.
            if received.readableBytes > 0 { heard = .now() }
            guard .now() - heard < silence else { return end(closing: true) }
            if context.channel.isWritable {
                context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())), promise: nil)
            }
        }

        // MARK: The end

        private func fail(_ code: WebSocketErrorCode) { say(code, "") }

        /// Says goodbye, waits a moment for the other end to read it, and closes.
        func say(_ code: WebSocketErrorCode, _ reason: String) {
            guard let context, !isOver else { return }
            var payload = ByteBuffer()
            payload.write(webSocketErrorCode: code)
            payload.writeString(reason)
            let channel = context.channel
            guard channel.isWritable else { return end(closing: true) }
            context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: payload)), promise: nil)
            end()
            channel.close(mode: .output, promise: nil)
            // What still comes is read and thrown away, or closing would tear the goodbye away from the other end.
            context.read()
            channel.eventLoop.assumeIsolated().scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
        }

        private func end(closing: Bool = false) {
            isOver = true
            pings?.cancel()
            waiter?.succeed(nil)
            waiter = nil
            received.clear(minimumCapacity: 0)
            if closing { context?.close(promise: nil) }
        }
    }

    /// A console's caller at the other end of a WebSocket.
    struct WebSocketCaller: ConsoleCaller {
        private let loop: any EventLoop
        private let socket: NIOLoopBound<ConsoleSocket>

        /// On the event loop of the socket.
        init(_ socket: ConsoleSocket, _ loop: any EventLoop) {
            self.loop = loop
            self.socket = NIOLoopBound(socket, eventLoop: loop)
        }

        func next() async -> [UInt8]? {
            do { return try await loop.flatSubmit { socket.value.next(on: loop) }.get() } catch { return nil }
        }

        func send(_ bytes: [UInt8]) async -> Bool {
            do { return try await loop.flatSubmit { socket.value.send(bytes, on: loop) }.get() } catch { return false }
        }

        func close(_ code: UInt16, _ reason: String) async {
            // Fails only where the loop has ended, and the connection with it: nobody is left to hear why.
            do { try await loop.submit { socket.value.say(WebSocketErrorCode(codeNumber: Int(code)), reason) }.get() } catch {}
        }
    }
#endif
