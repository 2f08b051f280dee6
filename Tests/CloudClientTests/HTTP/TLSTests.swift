// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudModel
    import Foundation
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOSSL
    import NIOWebSocket
    import Synchronization
    import Testing

    @testable import CloudClient

    /// Calls and consoles over `https`, as through a proxy that brings TLS. A certificate is always checked, and so is its name.
    @Suite(.timeLimit(.minutes(5))) struct TLSTests {
        private static let ticket = ConsoleTicketBody(
            kind: "serial", ticket: "abc", path: "/v1/console/abc", subprotocol: "binary", expiresAt: APITime(Timestamp(seconds: 1)))

        /// A listener with ``TLSFixture``: it echoes what comes over a WebSocket at the ticket's path, and answers `{"status":"ok"}` to all
        /// other calls. `body` gets its port and the file of its certificate.
        private func with(_ body: (Int, String) async throws -> Void) async throws {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("lyceum-ca-\(UUID().uuidString.prefix(8)).pem")
            try Data(TLSFixture.certificate.utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let certificate = try NIOSSLCertificate(bytes: Array(TLSFixture.certificate.utf8), format: .pem)
            let key = try NIOSSLPrivateKey(bytes: Array(TLSFixture.key.utf8), format: .pem)
            let context = try NIOSSLContext(
                configuration: .makeServerConfiguration(certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(NIOSSLServerHandler(context: context))
                        let upgrader = NIOWebSocketServerUpgrader(
                            shouldUpgrade: { channel, head in
                                channel.eventLoop.makeSucceededFuture(
                                    head.uri == Self.ticket.path && head.headers["authorization"] == ["Bearer t"] ? [:] : nil)
                            },
                            upgradePipelineHandler: { channel, _ in
                                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
                            })
                        let plain = NIOLoopBound(Plain(), eventLoop: channel.eventLoop)
                        try pipeline.configureHTTPServerPipeline(
                            withServerUpgrade: (
                                upgraders: [upgrader],
                                completionHandler: { $0.pipeline.syncOperations.removeHandler(plain.value, promise: nil) }
                            ))
                        try pipeline.addHandler(plain.value)
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            do { try await body(try #require(channel.localAddress?.port), file.path) } catch {
                try await channel.close()
                throw error
            }
            try await channel.close()
        }

        private final class Echo: ChannelInboundHandler {
            typealias InboundIn = WebSocketFrame
            typealias OutboundOut = WebSocketFrame
            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                let frame = unwrapInboundIn(data)
                guard frame.opcode == .binary else { return }
                context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .binary, data: frame.unmaskedData)), promise: nil)
            }
        }

        private final class Plain: ChannelInboundHandler, RemovableChannelHandler {
            typealias InboundIn = HTTPServerRequestPart
            typealias OutboundOut = HTTPServerResponsePart
            private var uri = ""
            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                switch unwrapInboundIn(data) {
                case .head(let head): uri = head.uri
                case .body: return
                case .end: answer(context)
                }
            }

            private func answer(_ context: ChannelHandlerContext) {
                if uri == "/garbled" { return garble(context) }
                let text = #"{"status":"ok"}"#
                let headers: HTTPHeaders = ["Content-Type": "application/json", "Content-Length": "\(text.utf8.count)"]
                context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: headers))), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }

            /// What is no TLS in the middle of it, where the request has been read.
            private func garble(_ context: ChannelHandlerContext) {
                let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
                tls?.writeAndFlush(NIOAny(ByteBuffer(string: "this is no record of TLS")), promise: nil)
            }
        }

        private func readiness(_ address: String, _ authorities: String?) async throws -> String {
            try await HTTPTransport.with(.web(address), authorities: authorities) { transport in
                let client = CloudClient(transport: transport, token: "t", clock: SleeplessClock(), keys: { "k" })
                return try await client.readiness().value.status
            }
        }

        /// Says something, hears it again, and leaves.
        private func console(_ address: String, _ authorities: String?) async throws -> ([UInt8], ConsoleConnection.End) {
            let heard = Mutex<[UInt8]>([])
            let said = Mutex(false)
            let (echoes, echo) = AsyncStream<Void>.makeStream()
            let end = try await ConsoleConnection.run(
                .web(address), authorities: authorities, ticket: Self.ticket, token: "t",
                input: {
                    let isFirst = said.withLock { said in
                        defer { said = true }
                        return !said
                    }
                    if isFirst { return Array("hello".utf8) }
                    for await _ in echoes { break }
                    throw ConsoleConnection.Leave()
                },
                output: { bytes in
                    heard.withLock { $0 += bytes }
                    if heard.withLock({ $0.count }) == 5 { echo.yield() }
                })
            return (heard.withLock(\.self), end)
        }

        @Test func aConsoleAndACallGoThroughTLS() async throws {
            try await with { port, authorities in
                #expect(try await readiness("https://localhost:\(port)", authorities) == "ok")
                let (heard, end) = try await console("https://localhost:\(port)", authorities)
                #expect(heard == Array("hello".utf8) && end == .left)
            }
        }

        @Test func aCertificateThatNobodyVouchesForIsRefused() async throws {
            try await with { port, _ in
                let address = "https://localhost:\(port)"
                let words = "its certificate is of no authority that is trusted here; LYCEUM_CA names a file with one more"
                await #expect(throws: ClientError.unreachable(address: address, reason: words)) { try await readiness(address, nil) }
                await #expect(throws: ClientError.unreachable(address: address, reason: words)) { _ = try await console(address, nil) }
            }
        }

        @Test func aCertificateForAnotherNameIsRefused() async throws {
            try await with { port, authorities in
                let address = "https://127.0.0.1:\(port)"
                for call in [{ _ = try await readiness(address, authorities) }, { _ = try await console(address, authorities) }] {
                    let error = await #expect(throws: ClientError.self) { try await call() }
                    guard case .unreachable(_, let reason)? = error else {
                        Issue.record("\(String(describing: error))")
                        continue
                    }
                    #expect(reason.contains("another name"), "\(reason)")
                }
            }
        }

        /// What breaks in the middle may have been carried out: only what the handshake refuses certainly was not.
        @Test func aConnectionThatBreaksLaterIsNotOneThatNeverWas() async throws {
            try await with { port, authorities in
                for (authorities, kind) in [(authorities, TransportFailure.Kind.lost), (nil, .notConnected)] {
                    try await HTTPTransport.with(.web("https://localhost:\(port)"), authorities: authorities) { transport in
                        let failure = await #expect(throws: TransportFailure.self) {
                            try await transport.send(OutgoingCall("PUT", "/garbled"))
                        }
                        #expect(failure?.kind == kind, "\(String(describing: failure))")
                    }
                }
            }
        }

        @Test func onlyTheHandshakeComesBeforeTheCall() {
            let before: [any Error] = [
                NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])), NIOSSLError.unableToValidateCertificate,
                NIOSSLError.noSuchFilesystemObject, NIOSSLExtraError.failedToValidateHostname,
            ]
            let later: [any Error] = [
                NIOSSLError.uncleanShutdown, NIOSSLError.readInInvalidTLSState, NIOSSLError.writeDuringTLSShutdown,
                NIOSSLError.shutdownFailed(.syscallError), BoringSSLError.sslError([]), BoringSSLError.zeroReturn,
            ]
            for (errors, kind) in [(before, TransportFailure.Kind.notConnected), (later, .lost)] {
                for error in errors { #expect((HTTPTransport.failure(of: error) as? TransportFailure)?.kind == kind, "\(error)") }
            }
        }

        @Test func aPlainListenerIsNoTLS() async throws {
            let reached = Mutex(0)
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    reached.withLock { $0 += 1 }
                    return channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.configureHTTPServerPipeline() }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let address = "https://localhost:\(try #require(channel.localAddress?.port))"
            let error = await #expect(throws: ClientError.self) { _ = try await console(address, nil) }
            #expect(reached.withLock(\.self) == 1, "it was reached, and not only refused: \(String(describing: error))")
            guard case .unreachable(_, let reason)? = error else {
                Issue.record("\(String(describing: error))")
                return try await channel.close()
            }
            #expect(reason.hasPrefix("no TLS connection"), "\(reason)")
            try await channel.close()
        }
    }
#endif
