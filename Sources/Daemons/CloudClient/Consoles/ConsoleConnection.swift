// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import CloudAPI
    import Foundation
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOSSL
    import NIOWebSocket

    /// A console of an instance over a WebSocket (RFC 6455).
    public enum ConsoleConnection {
        /// How a console ended.
        public enum End: Hashable, Sendable {
            /// The caller left.
            case left
            /// The cloud said goodbye, with a code of RFC 6455 and a reason.
            case closed(code: Int, reason: String)
            /// The connection is gone.
            case lost
        }

        /// Opens what a ticket is for, and carries bytes both ways until the console ends, `input` throws ``Leave``, or the task is cancelled.
        /// The end of `input` ends nothing: what the guest says is still carried. Throws ``ClientError``.
        /// - Parameters:
        ///   - authorities: a file of certificates (PEM) that are trusted beside the system's own, for `https`.
        ///   - token: the bearer token for whom the ticket was given; nil where a socket knows its peer and
        ///     nobody else is meant.
        ///   - input: bytes for the guest; the next piece is asked for once the last is on its way.
        ///   - output: takes bytes of the guest; nothing more is read until it returns.
        public static func run(
            _ address: CloudAddress, authorities: String? = nil, ticket: ConsoleTicketBody, token: String? = nil,
            input: @escaping @Sendable () async throws -> [UInt8]?,
            opened: @Sendable () -> Void = {}, output: @escaping @Sendable ([UInt8]) async throws -> Void
        ) async throws -> End {
            let channel = try await connect(address, authorities, ticket, token)
            opened()
            do {
                return try await channel.executeThenClose { inbound, outbound in
                    try await withThrowingTaskGroup(of: End?.self) { tasks in
                        tasks.addTask {
                            do {
                                while let bytes = try await input() { try await outbound.write(frame(.binary, bytes)) }
                                return nil
                            } catch is Leave {
                                try await outbound.write(frame(.connectionClose, [0x03, 0xE8]))
                                return .left
                            }
                        }
                        tasks.addTask { try await read(inbound, outbound, output) }
                        while let end = try await tasks.next() {
                            guard let end else { continue }
                            tasks.cancelAll()
                            return end
                        }
                        return .lost
                    }
                }
            } catch let error as ChannelError where error == .ioOnClosedChannel || error == .outputClosed {
                return .lost
            } catch is IOError { return .lost } catch is NIOSSLError { return .lost }
        }

        /// Thrown by an input that wants to leave.
        public struct Leave: Error {
            /// Ends the console.
            public init() {}
        }

        private static func read(
            _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>, _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>,
            _ output: ([UInt8]) async throws -> Void
        ) async throws -> End {
            for try await frame in inbound {
                switch frame.opcode {
                case .binary, .text, .continuation: try await output(Array(frame.data.readableBytesView))
                case .ping: try await outbound.write(Self.frame(.pong, Array(frame.data.readableBytesView)))
                case .connectionClose:
                    var payload = frame.data
                    let code = payload.readInteger(as: UInt16.self) ?? 1005
                    return .closed(code: Int(code), reason: String(buffer: payload))
                default: break
                }
            }
            return .lost
        }

        /// Masked, as a client has to; the mask protects nothing here.
        private static func frame(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) -> WebSocketFrame {
            WebSocketFrame(fin: true, opcode: opcode, maskKey: [0x4C, 0x59, 0x43, 0x45], data: ByteBuffer(bytes: bytes))
        }

        // MARK: The handshake

        private enum Outcome: Sendable {
            case open(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>)
            case refused(NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>)
        }

        private static func connect(
            _ address: CloudAddress, _ authorities: String?, _ ticket: ConsoleTicketBody, _ token: String?
        ) async throws -> NIOAsyncChannel<WebSocketFrame, WebSocketFrame> {
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(10))
            let outcome: Outcome
            do {
                switch address {
                case .socket(let path):
                    outcome = try await bootstrap.connect(unixDomainSocketPath: path) { setUp($0, "localhost", nil, ticket, token) }.get()
                case .web(let text):
                    guard let url = URLComponents(string: text), let host = url.host, let scheme = url.scheme else {
                        throw ClientError.unexpected(status: 0, reason: "\(text) is no address")
                    }
                    let name = host.filter { $0 != "[" && $0 != "]" }
                    let tls = scheme == "https" ? (try NIOSSLContext(configuration: ClientTLS.configuration(authorities)), name) : nil
                    outcome = try await bootstrap.connect(host: name, port: url.port ?? (tls == nil ? 80 : 443)) {
                        setUp($0, String(text.dropFirst(scheme.count + "://".count)), tls, ticket, token)
                    }.get()
                }
            } catch let error as ClientError { throw error } catch {
                throw ClientError.unreachable(address: address.description, reason: ClientTLS.words(of: error) ?? "\(error)")
            }
            switch outcome {
            case .open(let channel): return channel
            case .refused(let channel): throw try await refusal(channel)
            }
        }

        private static func setUp(
            _ channel: any Channel, _ host: String, _ tls: (context: NIOSSLContext, host: String)?, _ ticket: ConsoleTicketBody,
            _ token: String?
        ) -> EventLoopFuture<EventLoopFuture<Outcome>> {
            channel.eventLoop.makeCompletedFuture {
                if let tls { try channel.pipeline.syncOperations.addHandler(ClientTLS.handler(tls.context, to: tls.host)) }
                let upgrader = NIOTypedWebSocketClientUpgrader<Outcome>(maxFrameSize: 1 << 20) { channel, _ in
                    channel.eventLoop.makeCompletedFuture { .open(try NIOAsyncChannel(wrappingChannelSynchronously: channel)) }
                }
                var headers = HTTPHeaders([("Host", host), ("Sec-WebSocket-Protocol", ticket.subprotocol)])
                if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
                let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: ticket.path, headers: headers)
                let configuration = NIOTypedHTTPClientUpgradeConfiguration(upgradeRequestHead: head, upgraders: [upgrader]) { channel in
                    channel.eventLoop.makeCompletedFuture { .refused(try NIOAsyncChannel(wrappingChannelSynchronously: channel)) }
                }
                return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                    configuration: .init(upgradeConfiguration: configuration))
            }
        }

        /// The problem in an answer that is no upgrade.
        private static func refusal(
            _ channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
        ) async throws -> ClientError {
            try await channel.executeThenClose { inbound, _ in
                var (status, fields, bytes): (Int, [String: String], [UInt8]) = (0, [:], [])
                for try await part in inbound {
                    switch part {
                    case .head(let head):
                        status = Int(head.status.code)
                        fields = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
                    case .body(let piece):
                        guard bytes.count < 1 << 20 else { break }
                        bytes += Array(piece.readableBytesView)
                    case .end: return CloudClient.refusal(IncomingAnswer(status: status, fields: fields), bytes)
                    }
                }
                return CloudClient.refusal(IncomingAnswer(status: status, fields: fields), bytes)
            }
        }
    }
#endif
