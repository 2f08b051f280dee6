// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import HummingbirdCore
    import Logging
    import NIOCore
    import NIOHTTP1
    import NIOWebSocket
    import ServiceLifecycle

    /// A connection that speaks HTTP until a request for a console is let through, and WebSocket from then on. Whatever else is asked for
    /// is Hummingbird's.
    struct UpgradableChannel: ServerChildChannel {
        struct Value: ServerChildChannelValue {
            let http: HTTP1Channel.Value
            /// The requests that the gate holds: at most one.
            let held: AsyncStream<HTTPRequestHead>
            var channel: any Channel { http.channel }
        }

        let http: HTTP1Channel
        let service: CloudService
        let limits: HTTPListener.Limits

        func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
            http.setup(channel: channel, logger: logger).flatMapThrowing { value in
                let (held, heads) = AsyncStream<HTTPRequestHead>.makeStream()
                let pipeline = channel.pipeline.syncOperations
                // Hummingbird's parser drops what stands behind a request for another protocol; this one hands it on.
                let parser = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
                var limit = NIOHTTPDecoderLimitConfiguration()
                (limit.maxHeaderFieldSize, limit.maxHeaderListSize) = (limits.headerBytes, limits.headerBytes)
                limit.maxHeaderFieldCount = limits.headerFields
                let own = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limit))
                try pipeline.addHandler(own, position: .before(parser.handler))
                pipeline.removeHandler(context: parser, promise: nil)
                let guardian = try pipeline.handler(type: ConnectionGuard.self)
                try pipeline.addHandler(UpgradeGate(held: heads), position: .after(guardian))
                return Value(http: value, held: held)
            }
        }

        func handle(value: Value, logger: Logger) async {
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await http.handle(value: value.http, logger: logger) }
                for await head in value.held { await decide(head, on: value.channel) }
            }
        }

        /// Asks the API what becomes of a request, and does it.
        private func decide(_ head: HTTPRequestHead, on channel: any Channel) async {
            do {
                let answer = try await answer(to: head, on: channel)
                var fields = answer.fields.all.map { ($0.name, $0.value) }
                guard case .console(let session) = answer.body else {
                    let bytes: [UInt8] = if case .bytes(let bytes) = answer.body { bytes } else { [] }
                    return try await channel.eventLoop.submit { [fields] in
                        try UpgradeGate.refuse(answer.status, fields, bytes, on: channel)
                    }.get()
                }
                fields.append(("Sec-WebSocket-Accept", Handshake.accept(head.headers.first(name: "Sec-WebSocket-Key") ?? "")))
                let limits = limits
                let caller = try await channel.eventLoop.submit { [fields] in
                    let socket = ConsoleSocket(
                        takesText: session.kind == .serial, silence: .seconds(limits.idleSeconds),
                        patience: .seconds(limits.patienceSeconds))
                    try UpgradeGate.upgrade(channel, fields, socket)
                    return WebSocketCaller(socket, channel.eventLoop)
                }.get()
                await cancelWhenGracefulShutdown { await session.run(with: caller) }
            } catch {
                // The other end has gone meanwhile, or the daemon ends.
                channel.close(promise: nil)
            }
        }

        private func answer(to head: HTTPRequestHead, on channel: any Channel) async throws -> Answer {
            var fields = Fields()
            for field in head.headers { fields.add(field.name, field.value) }
            let target = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            var call = Call(
                method: head.method.rawValue, path: String(target.first ?? "/"), query: target.count > 1 ? String(target[1]) : nil,
                fields: fields, peer: try await channel.peer())
            call.offersUpgrade = true
            return try await channel.departure().unlessGone { [call, service] in
                await cancelWhenGracefulShutdown { await service.answer(call) }
            }
        }
    }
#endif
