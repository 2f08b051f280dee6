// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Foundation
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import Synchronization

    /// A small HTTP server on a unix socket that answers by a script and remembers what came.
    final class StubServer: Sendable {
        struct Request: Sendable {
            var head: HTTPRequestHead
            var body: [UInt8]
        }
        enum Reply: Sendable {
            /// A whole answer.
            case answer(HTTPResponseStatus, String, type: String = "application/json")
            /// The connection goes away when the request is read.
            case hangUp
            /// Some bytes of an answer whose length says more; then the connection goes away.
            case half(String)
            /// A stream of these pieces, and its end.
            case pieces([String])
        }

        let path: String
        private let state: Mutex<(script: ArraySlice<Reply>, requests: [Request])>

        var requests: [Request] { state.withLock { $0.requests } }

        /// A server for the time of a function.
        static func with<Result>(_ script: [Reply], _ body: (StubServer) async throws -> Result) async throws -> Result {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lyceum-stub-\(UUID().uuidString.prefix(8))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(at: folder) }
            let server = StubServer(folder.path + "/a b.sock", script)
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(Handler(server))
                    }
                }
                .bind(unixDomainSocketPath: server.path).get()
            let result: Result
            do { result = try await body(server) } catch {
                try await channel.close()
                throw error
            }
            try await channel.close()
            return result
        }

        private init(_ path: String, _ script: [Reply]) {
            self.path = path
            state = Mutex((script[...], []))
        }

        fileprivate func reply(to request: Request) -> Reply {
            state.withLock { state in
                state.requests.append(request)
                return state.script.popFirst() ?? .answer(.notImplemented, "the script is over", type: "text/plain")
            }
        }

        private final class Handler: ChannelInboundHandler {
            typealias InboundIn = HTTPServerRequestPart
            typealias OutboundOut = HTTPServerResponsePart
            private let server: StubServer
            private var request: Request?
            init(_ server: StubServer) { self.server = server }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                switch unwrapInboundIn(data) {
                case .head(let head): request = Request(head: head, body: [])
                case .body(let piece): request?.body += Array(piece.readableBytesView)
                case .end:
                    guard let request else { return }
                    answer(server.reply(to: request), context)
                }
            }

            private func answer(_ reply: Reply, _ context: ChannelHandlerContext) {
                switch reply {
                case .answer(let status, let text, let type):
                    write(status, ["Content-Type": type, "Content-Length": "\(text.utf8.count)"], [text], context)
                    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                case .hangUp: context.close(promise: nil)
                case .half(let text):
                    write(.ok, ["Content-Type": "application/json", "Content-Length": "\(text.utf8.count + 100)"], [text], context)
                    context.flush()
                    context.close(promise: nil)
                case .pieces(let texts):
                    write(.ok, ["Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"], texts, context)
                    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                }
            }

            private func write(_ status: HTTPResponseStatus, _ fields: HTTPHeaders, _ pieces: [String], _ context: ChannelHandlerContext) {
                context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: fields))), promise: nil)
                for piece in pieces {
                    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: piece)))), promise: nil)
                }
            }
        }
    }
#endif
