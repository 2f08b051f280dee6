// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import Glibc
    import HTTPTypes
    import Hummingbird
    import ImageStore
    import NIOCore
    import ServiceLifecycle

    /// What Hummingbird keeps of one request.
    struct CallContext: RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel
        init(source: ApplicationRequestContextSource) {
            coreContext = .init(source: source)
            channel = source.channel
        }
    }

    /// Turns Hummingbird's requests into calls and answers into its responses. No rule of the API is in here.
    struct ServiceResponder: HTTPResponder {
        typealias Context = CallContext
        let service: CloudService
        let limits: HTTPListener.Limits

        func respond(to request: Hummingbird.Request, context: CallContext) async throws -> Response {
            let body = PulledBody(request.body, service, limits)
            var fields = Fields()
            for field in request.headers { fields.add(field.name.rawName, field.value) }
            let target = (request.head.path ?? "/").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            let call = Call(
                method: request.head.method.rawValue, path: String(target.first ?? "/"), query: target.count > 1 ? String(target[1]) : nil,
                fields: fields, body: body, peer: try await context.channel.peer())
            // What is only asked for ends with whoever asked; what is to be done goes on without them.
            let departure = request.head.method == .get ? try await context.channel.departure() : Departure()
            let answer = try await departure.unlessGone { [service] in await cancelWhenGracefulShutdown { await service.answer(call) } }
            var headers = HTTPFields()
            for field in answer.fields.all {
                if let name = HTTPField.Name(field.name) { headers.append(HTTPField(name: name, value: field.value)) }
            }
            let status = HTTPResponse.Status(code: answer.status)
            return Response(status: status, headers: headers, body: responseBody(answer, rest: body, departure))
        }

        private func responseBody(_ answer: Answer, rest: PulledBody, _ departure: Departure) -> ResponseBody {
            switch answer.body {
            // Only a connection that offers it is given one, and those do not come this way.
            case .console: return ResponseBody()
            case .bytes(let bytes) where answer.status < 400: return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            case .bytes(let bytes):
                let limit = limits.drainedBytes
                return ResponseBody(contentLength: bytes.count) { writer in
                    try await writer.write(ByteBuffer(bytes: bytes))
                    try await writer.finish(nil)
                    try await rest.drain(upTo: limit, within: .seconds(5))
                }
            case .stream(let write):
                return ResponseBody { writer in
                    let pipe = WriterBox(writer)
                    try await departure.unlessGone {
                        try await cancelWhenGracefulShutdown { try await write { bytes in try await pipe.write(bytes) } }
                    }
                    try await pipe.finish()
                }
            }
        }
    }

    /// The writer of a streamed response.
    ///
    /// Unchecked, because the writer is not Sendable: the stream's function writes one piece after the other and waits for each.
    private final class WriterBox: @unchecked Sendable {
        private var writer: any ResponseBodyWriter
        init(_ writer: any ResponseBodyWriter) { self.writer = writer }
        func write(_ bytes: [UInt8]) async throws { try await writer.write(ByteBuffer(bytes: bytes)) }
        func finish() async throws { try await writer.finish(nil) }
    }

    /// `struct ucred` of unix(7), which Glibc's headers hide without _GNU_SOURCE.
    private struct PeerCredentials {
        var processID: Int32 = 0
        var userID: UInt32 = 0
        var groupID: UInt32 = 0
    }

    extension Channel {
        /// Who is at the other end: of a unix socket the account, by the kernel's word (SO_PEERCRED).
        func peer() async throws -> Peer {
            guard localAddress?.protocol == .unix, let provider = self as? any SocketOptionProvider else { return .network }
            let credentials: PeerCredentials = try await provider.unsafeGetSocketOption(level: .socket, name: .init(rawValue: SO_PEERCRED))
                .get()
            return .account(userID: credentials.userID)
        }
    }
#endif
