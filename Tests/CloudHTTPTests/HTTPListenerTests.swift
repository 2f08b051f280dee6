// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudHTTP
    import CloudModel
    import Dispatch
    import Foundation
    import Glibc
    import Logging
    import Testing

    /// The API on real sockets, asked byte by byte: what only a connection can do wrong.
    @Suite(.serialized) struct HTTPListenerTests {
        /// A listener on a unix socket in a folder of its own.
        private func listening(
            limits: HTTPListener.Limits = .init(), change: (inout CloudService.Settings) -> Void = { _ in },
            _ body: (Site, String) async throws -> Void
        ) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-\(ProcessInfo.processInfo.globallyUniqueString)")
                .path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try await Site.with(ownLogin: "admin", change: change) { site in
                let path = folder + "/api.sock"
                let (signals, signal) = AsyncStream<Void>.makeStream()
                let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                let listener = HTTPListener(.socket(path: path, mode: 0o600, group: nil), site.service, limits: limits, logger: logger) {
                    _ in
                    signal.yield()
                }
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await listener.run() }
                    for await _ in signals { break }
                    try await body(site, path)
                    tasks.cancelAll()
                }
            }
        }

        @Test func theCallerOfAUnixSocketIsKnownByTheKernel() async throws {
            try await listening { _, path in
                let text = try await Wire.exchange(path, "GET /v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(text.hasPrefix("HTTP/1.1 200"))
                #expect(text.contains("\"login\":\"admin\""))
                let wrong = try await Wire.exchange(
                    path, "GET /v1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer nonsense\r\nConnection: close\r\n\r\n")
                #expect(wrong.hasPrefix("HTTP/1.1 401"), "a wrong token is never overlooked in favour of the socket")
            }
        }

        @Test func severalRequestsFollowEachOtherOnOneConnection() async throws {
            try await listening { _, path in
                let one = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
                let bad = "POST /v1/instances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{\"}"
                let last = "GET /v1/nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                let text = try await Wire.exchange(path, one + bad + one + last)
                let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
                #expect(statuses == ["200", "400", "200", "404"])
            }
        }

        @Test func aBodyThatIsTooLargeIsRefusedWhereItSaysSoAndWhereItDoesNot() async throws {
            try await listening { _, path in
                let head = "POST /v1/instances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
                let body = String(repeating: " ", count: 10 << 20)
                let declared = try await Wire.exchange(path, head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
                #expect(declared.hasPrefix("HTTP/1.1 413") && declared.contains("request-too-large"))
                let chunk = String(repeating: " ", count: 0x10000)
                let chunks = String(repeating: "10000\r\n\(chunk)\r\n", count: 160) + "0\r\n\r\n"
                let streamed = try await Wire.exchange(path, head + "Transfer-Encoding: chunked\r\n\r\n" + chunks)
                #expect(streamed.hasPrefix("HTTP/1.1 413") && streamed.contains("request-too-large"))
            }
        }

        @Test func whatIsNoHTTPIsRefusedAndTheNextCallerIsServed() async throws {
            try await listening { _, path in
                let nonsense = [
                    "\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET /v1 HTTP/9.9\r\n\r\n", "GET /v1 HTTP/1.1\r\nbad header\r\n\r\n",
                    "GET /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
                    "POST /v1/instances HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
                    "GET /v1 HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "y", count: 100_000) + "\r\n\r\n",
                    "GET /v1 HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 5000) + "\r\n",
                ]
                for text in nonsense {
                    let answer = try await Wire.exchange(path, text)
                    #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(text.prefix(60)): \(answer.prefix(200))")
                }
                let fine = try await Wire.exchange(path, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(fine.hasPrefix("HTTP/1.1 200"))
            }
        }

        @Test func aRequestThatBreaksOffLeavesNothingAndHoldsNothing() async throws {
            try await listening { site, path in
                for _ in 0..<20 {
                    let head =
                        "POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n"
                    try await Wire.send(path, head + String(repeating: "x", count: 5000))
                }
                let fine = try await Wire.exchange(path, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(fine.hasPrefix("HTTP/1.1 200"))
                #expect(site.uploads == 0)
            }
        }

        @Test func eventsAreStreamedInPieces() async throws {
            try await listening { site, path in
                _ = try await site.template()
                let text = try await Wire.exchange(
                    path, "GET /v1/events?after=0&limit=3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(text.contains("text/event-stream") && text.components(separatedBy: "\nevent: ").count == 4)
            }
        }

        @Test func anUpgradeIsAnsweredAsAnOrdinaryRequest() async throws {
            try await listening { _, path in
                for kind in ["websocket", "h2c"] {
                    let head = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: \(kind)\r\n"
                    let text = try await Wire.exchange(path, head + "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n", limit: 5)
                    #expect(text.hasPrefix("HTTP/1.1 200"), "\(kind)")
                }
            }
        }
    }

    /// Bytes over a unix socket, on a queue of their own, for the calls block.
    private enum Wire {
        struct Failed: Error { let call: String }

        /// Sends a text and gives all that comes back until the other end closes, or the seconds are over.
        static func exchange(_ path: String, _ text: String, limit: Int = 20) async throws -> String {
            try await blocking {
                let socket = try connect(path, limit)
                defer { close(socket) }
                write(socket, Array(text.utf8))
                shutdown(socket, Int32(SHUT_WR))
                var (result, piece): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 16))
                while true {
                    let count = recv(socket, &piece, piece.count, 0)
                    guard count > 0 else { return String(decoding: result, as: UTF8.self) }
                    result += piece.prefix(count)
                }
            }
        }

        /// Sends a text and goes away.
        static func send(_ path: String, _ text: String) async throws {
            try await blocking {
                let socket = try connect(path, 5)
                write(socket, Array(text.utf8))
                close(socket)
            }
        }

        private static func write(_ socket: Int32, _ bytes: [UInt8]) {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return }
                sent += count
            }
        }

        private static func connect(_ path: String, _ limit: Int) throws -> Int32 {
            let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
            var wait = timeval(tv_sec: limit, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
            let done = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard done == 0 else { throw Failed(call: "connect") }
            return socket
        }

        private static func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async { continuation.resume(with: Swift.Result { try body() }) }
            }
        }
    }
#endif
