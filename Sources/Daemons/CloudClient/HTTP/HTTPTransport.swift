// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import AsyncHTTPClient
    import Foundation
    import NIOCore
    import NIOHTTP1
    import NIOPosix

    /// Calls over HTTP/1.1, by a web address or a unix socket. Redirects are not followed: an API's address is its address, and a token
    /// does not travel to another.
    public struct HTTPTransport: CloudTransport {
        /// Where calls go to.
        public let address: CloudAddress
        /// A file of certificates (PEM) that are trusted beside the system's own; nil for those alone.
        public let authorities: String?
        private let client: HTTPClient

        /// A transport to an address; ``close()`` gives its connections back and has to be called. `https` is TLS 1.2 or newer, and its
        /// certificate is always checked.
        public init(_ address: CloudAddress, authorities: String? = nil) {
            self.address = address
            self.authorities = authorities
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            // The longest silence is a `?wait=60`; a stream of events says something every 15 s.
            configuration.timeout = .init(connect: .seconds(10), read: .seconds(120))
            configuration.connectionPool.retryConnectionEstablishment = false
            configuration.httpVersion = .http1Only
            configuration.tlsConfiguration = ClientTLS.configuration(authorities)
            client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        }

        /// Ends all connections.
        public func close() async throws { try await client.shutdown() }

        /// A transport for the time of a function.
        public static func with<Result>(
            _ address: CloudAddress, authorities: String? = nil, _ body: (HTTPTransport) async throws -> Result
        ) async throws -> Result {
            let transport = HTTPTransport(address, authorities: authorities)
            let result: Result
            do { result = try await body(transport) } catch {
                try await transport.close()
                throw error
            }
            try await transport.close()
            return result
        }

        /// Sends one call, once. Throws ``TransportFailure``, or `CancellationError`.
        public func send(_ call: OutgoingCall) async throws -> IncomingAnswer {
            var request = HTTPClientRequest(url: address.url(call.target))
            request.method = HTTPMethod(rawValue: call.method)
            for field in call.fields { request.headers.add(name: field.name, value: field.value) }
            if case .socket = address { request.headers.replaceOrAdd(name: "Host", value: "localhost") }
            switch call.body {
            case .none: break
            case .bytes(let bytes, let type):
                request.headers.replaceOrAdd(name: "Content-Type", value: type)
                request.body = .bytes(ByteBuffer(bytes: bytes))
            case .file(let path, let size):
                request.headers.replaceOrAdd(name: "Content-Type", value: "application/octet-stream")
                request.body = .stream(FilePieces(path: path, size: size), length: .known(size))
            }
            let isLong: Bool = if case .file = call.body { true } else { call.streams }
            do {
                let answer = try await client.execute(request, deadline: isLong ? .distantFuture : .now() + .seconds(180))
                return IncomingAnswer(status: Int(answer.status.code), fields: Self.fields(answer.headers)) {
                    var pieces = answer.body.makeAsyncIterator()
                    return {
                        do { return try await pieces.next().map { Array($0.readableBytesView) } } catch { throw Self.failure(of: error) }
                    }
                }
            } catch { throw Self.failure(of: error) }
        }

        private static func fields(_ headers: HTTPHeaders) -> [String: String] {
            Dictionary(headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { "\($0), \($1)" })
        }

        /// How far a call came that failed so.
        static func failure(of error: any Error) -> any Error {
            switch error {
            case is CancellationError: return error
            case let error as HTTPClientError where error == .cancelled: return CancellationError()
            case let error as HTTPClientError where error == .connectTimeout:
                return TransportFailure(.notConnected, "no connection in 10 s")
            case let error as HTTPClientError: return TransportFailure(.lost, error.shortDescription)
            case let error as NIOConnectionError:
                let reason = error.connectionErrors.first.map { words(of: $0.error) }
                return TransportFailure(.notConnected, reason ?? error.dnsAError.map { "\($0)" } ?? "the name \(error.host) is not known")
            case let error as IOError:
                let before = [ECONNREFUSED, ENOENT, EACCES, ENOTSOCK, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, ENAMETOOLONG]
                return TransportFailure(before.contains(error.errnoCode) ? .notConnected : .lost, words(of: error))
            case is FilePieces.Unreadable: return error
            default:
                // A handshake that failed sent nothing of the call; what breaks later may have come too late for that.
                let isBefore = ClientTLS.isBeforeTheCall(error)
                return TransportFailure(isBefore ? .notConnected : .lost, ClientTLS.words(of: error) ?? "\(error)")
            }
        }

        private static func words(of error: any Error) -> String {
            (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
        }
    }
#endif
