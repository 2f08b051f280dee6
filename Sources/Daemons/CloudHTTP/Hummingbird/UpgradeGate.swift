// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import HummingbirdCore
    import NIOCore
    import NIOHTTP1
    import NIOWebSocket

    /// Stands behind the guard of a connection and looks at requests that ask for another protocol.
    ///
    /// After any such request the parser reads nothing more of the connection, for what follows would be of that protocol. So the request
    /// is either held here until the API has said what becomes of it, which is the way of consoles; or it goes on as a plain one, without
    /// what it asked for, and the connection ends with its answer, instead of waiting for a second request that nobody would read.
    final class UpgradeGate: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias InboundOut = HTTPServerRequestPart
        typealias OutboundIn = HTTPServerResponsePart
        typealias OutboundOut = HTTPServerResponsePart

        private let held: AsyncStream<HTTPRequestHead>.Continuation
        private var (asked, answered) = (0, 0)
        private var heldHead: HTTPRequestHead?
        /// Whether the request that came last asked for another protocol, and its answer is to end the connection.
        private var endsWithAnswer = false

        /// A gate; `held` gets the heads of the requests that it holds: at most one.
        init(held: AsyncStream<HTTPRequestHead>.Continuation) { self.held = held }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(var head):
                asked += 1
                guard head.headers.contains(name: "Upgrade") else { return context.fireChannelRead(data) }
                if Self.isConsole(head), asked == answered + 1 {
                    heldHead = head
                    return
                }
                head.headers.remove(name: "Upgrade")
                head.headers.replaceOrAdd(name: "Connection", value: "close")
                endsWithAnswer = true
                context.fireChannelRead(wrapInboundOut(.head(head)))
            case .body:
                if heldHead == nil { context.fireChannelRead(data) }
            case .end:
                guard let head = heldHead else { return context.fireChannelRead(data) }
                held.yield(head)
            }
        }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            switch unwrapOutboundIn(data) {
            case .head(var head) where endsWithAnswer && answered + 1 == asked:
                head.headers.replaceOrAdd(name: "Connection", value: "close")
                context.write(wrapOutboundOut(.head(head)), promise: promise)
            case .end:
                answered += 1
                context.write(data, promise: promise)
            default: context.write(data, promise: promise)
            }
        }

        /// With the connection's end, or as it becomes a WebSocket's: either way no request comes any more. Whoever waits for one would wait
        /// until the daemon is cut off.
        func handlerRemoved(context: ChannelHandlerContext) { held.finish() }

        /// A plain GET that may become a WebSocket of a console (RFC 6455, 4.2.1).
        private static func isConsole(_ head: HTTPRequestHead) -> Bool {
            func names(_ field: String, _ word: String) -> Bool {
                head.headers[canonicalForm: field].contains { $0.lowercased() == word }
            }
            return head.method == .GET && head.version == .http1_1 && head.uri.hasPrefix(SecretPath.console.folder)
                && names("Upgrade", "websocket") && names("Connection", "upgrade")
                && !head.headers.contains(name: "Content-Length") && !head.headers.contains(name: "Transfer-Encoding")
        }
    }

    // MARK: What becomes of a request that was held; all of it on the event loop

    extension UpgradeGate {
        /// The answer to the held request; the connection ends with it.
        static func refuse(_ status: Int, _ fields: [(String, String)], _ bytes: [UInt8], on channel: any Channel) throws {
            let context = try channel.pipeline.syncOperations.context(handlerType: UpgradeGate.self)
            var headers = HTTPHeaders(fields)
            headers.replaceOrAdd(name: "Content-Length", value: String(bytes.count))
            headers.replaceOrAdd(name: "Connection", value: "close")
            let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
            context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
            context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
            context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil)), promise: nil)
            // What the other end has sent meanwhile is never read: closing at once would tear the answer away from it.
            channel.close(mode: .output, promise: nil)
            channel.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        }

        /// Says yes, and puts a WebSocket in the place of HTTP. What the other end sent behind its request is the WebSocket's.
        static func upgrade(_ channel: any Channel, _ fields: [(String, String)], _ socket: ConsoleSocket) throws {
            let pipeline = channel.pipeline.syncOperations
            let gate = try pipeline.context(handlerType: UpgradeGate.self)
            var head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: HTTPHeaders(fields))
            head.headers.replaceOrAdd(name: "Upgrade", value: "websocket")
            head.headers.replaceOrAdd(name: "Connection", value: "upgrade")
            gate.writeAndFlush(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
            try pipeline.addHandlers(
                [WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: ConsoleSocket.largestFrame)), socket],
                position: .after(gate.handler))
            // What is behind the socket stays: nothing comes to it any more. But nobody may think that the connection is idle.
            // The parser is last, for it hands what it has not read to whoever is behind it then.
            pipeline.removeHandler(context: try pipeline.context(handlerType: HTTPConnectionStateHandler.self), promise: nil)
            pipeline.removeHandler(context: gate, promise: nil)
            pipeline.removeHandler(context: try pipeline.context(handlerType: ConnectionGuard.self), promise: nil)
            pipeline.removeHandler(context: try pipeline.context(handlerType: HTTPResponseEncoder.self), promise: nil)
            pipeline.removeHandler(
                context: try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self), promise: nil)
        }
    }
#endif
