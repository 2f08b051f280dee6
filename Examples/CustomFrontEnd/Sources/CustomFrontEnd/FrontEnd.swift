// SPDX-License-Identifier: Apache-2.0
#if Daemons
    import CloudAPI
    import CloudClient
    import CloudModel
    import Foundation
    import HTTPTypes
    import Hummingbird

    /// Four addresses: the page, signing in and out, and the cloud's API, which is passed on with the token of whoever is signed in.
    ///
    /// The page and the API have one origin so, which a browser wants, and no script of the page ever sees a token.
    struct FrontEnd: HTTPResponder {
        typealias Context = BasicRequestContext
        let cloud: HTTPTransport
        let sessions = Sessions()
        private static let (cookie, longestBody) = ("session", 1 << 20)
        // Of a call and of its answer these fields go on; all others are matters of one connection.
        private static let asked = ["Accept", "Accept-Language", "Idempotency-Key", "If-Match", "Last-Event-ID"]
            .compactMap { HTTPField.Name($0) }
        private static let answered = [
            "Cache-Control", "Content-Language", "Content-Type", "ETag", "Link", "Location", "Retry-After", "X-Request-Id",
        ].compactMap { HTTPField.Name($0) }

        func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
            // A page of somebody else's can make a browser send a POST here, with its cookie; it cannot make it say another origin.
            if request.method != .get, let origin = request.headers[.origin], !origin.hasSuffix("://" + (request.head.authority ?? "")) {
                return Response(status: .forbidden)
            }
            let language = Language(acceptLanguage: request.headers[.acceptLanguage])
            do {
                switch (request.method, request.uri.path) {
                case (.get, "/"): return page()
                case (.post, "/sign-in"): return try await signIn(request)
                case (.post, "/sign-out"):
                    await sessions.end(request.cookies[Self.cookie]?.value)
                    return Response(status: .noContent)
                case (_, "/v1"): return try await pass(request)
                case (_, let path) where path.hasPrefix("/v1/"): return try await pass(request)
                default: throw CloudError(.notFound, ["object": String(request.uri.path.prefix(200))])
                }
            } catch let refusal as CloudError {
                return try refused(Problem(refusal, in: language))
            } catch ClientError.problem(let problem) {
                return try refused(problem)
            } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
                return try refused(Problem(CloudError(.requestTooLarge, ["limit": String(Self.longestBody)]), in: language))
            } catch is TransportFailure, is ClientError {
                // 503, as where a part of the cloud is away: the page tries again.
                return try refused(Problem(CloudError(.unavailable, ["part": "lyceumd"]), in: language))
            }
        }

        /// The page, in which only its own script runs.
        private func page() -> Response {
            let nonce = String(UInt64.random(in: .min ... .max), radix: 36)
            let policy = "default-src 'none'; connect-src 'self'; img-src blob:; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'"
            let page = String(decoding: PackageResources.page_html, as: UTF8.self).replacing("NONCE", with: nonce)
            return Response(
                status: .ok,
                headers: [.contentType: "text/html; charset=utf-8", .contentSecurityPolicy: policy, .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
        }

        /// Takes a token as the body, asks the cloud whose it is, and keeps it under a cookie.
        private func signIn(_ request: Request) async throws -> Response {
            let token = String(buffer: try await request.body.collect(upTo: 1000)).trimmingCharacters(in: .whitespacesAndNewlines)
            let client = CloudClient(transport: cloud, token: token, clock: ContinuousClock(), keys: { UUID().uuidString })
            guard try await client.discover().value.user != nil else { throw CloudError(.notSignedIn) }
            var response = Response(status: .noContent)
            response.setCookie(Cookie(name: Self.cookie, value: await sessions.begin(token), path: "/", httpOnly: true, sameSite: .strict))
            return response
        }

        /// Sends a call on as it came, with the token instead of the cookie, and its answer back, piece by piece.
        private func pass(_ request: Request) async throws -> Response {
            // Never without a token: at a socket the cloud would take the call for one of this program's own account.
            let session = request.cookies[Self.cookie]?.value
            guard let token = await sessions.token(of: session) else { throw CloudError(.notSignedIn) }
            var call = OutgoingCall(request.method.rawValue, request.uri.string)
            for name in Self.asked { call[name.rawName] = request.headers[name] }
            call["Authorization"] = "Bearer \(token)"
            call.streams = request.uri.path == "/v1/events"
            let body = try await request.body.collect(upTo: Self.longestBody)
            if body.readableBytes > 0 {
                call.body = .bytes(Array(body.readableBytesView), type: request.headers[.contentType] ?? "application/octet-stream")
            }
            let answer = try await cloud.send(call)
            // The token has ended, or was taken away.
            if answer.status == 401 { await sessions.end(session) }
            var headers = HTTPFields()
            for name in Self.answered { headers[name] = answer.fields[name.canonicalName] }
            let pieces = ResponseBody { writer in
                let next = answer.body()
                while let piece = try await next() { try await writer.write(ByteBuffer(bytes: piece)) }
                try await writer.finish(nil)
            }
            return Response(status: .init(code: answer.status), headers: headers, body: pieces)
        }

        private func refused(_ problem: Problem) throws -> Response {
            Response(
                status: .init(code: problem.status), headers: [.contentType: Problem.mediaType],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(problem))))
        }
    }
#endif
