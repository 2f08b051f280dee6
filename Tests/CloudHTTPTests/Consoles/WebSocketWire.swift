// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudHTTP
    import CloudModel
    import Dispatch
    import Foundation
    import Glibc
    import Testing

    /// A WebSocket's client end, frame by frame, so that every rule can be broken.
    final class WebSocketWire: Sendable {
        struct Frame: Equatable, Sendable {
            var opcode: UInt8
            var bytes: [UInt8]
            /// The code of a goodbye.
            var code: Int? { opcode == 8 && bytes.count >= 2 ? Int(bytes[0]) << 8 | Int(bytes[1]) : nil }
        }
        static let key = "dGhlIHNhbXBsZSBub25jZQ=="
        let socket: Int32
        /// The head of the answer to the handshake.
        let head: String
        private let early: Shared<[UInt8]>

        /// Sends a handshake, with what follows it at once.
        init(_ wire: Wire, _ path: String, fields: String = "", behind: [UInt8] = [], limit: Int = 60) async throws {
            let request =
                "GET \(path) HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                + "Sec-WebSocket-Key: \(Self.key)\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n\(fields)\r\n"
            socket = try await wire.opened(request, limit: limit)
            let socket = socket
            try await Self.blocking { _ = Self.write(socket, behind) }
            var bytes: [UInt8] = []
            while true {
                if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                    head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                    early = Shared(Array(bytes[end.upperBound...]))
                    return
                }
                let piece = try await Self.blocking { Self.read(socket) }
                guard let piece else {
                    head = String(decoding: bytes, as: UTF8.self)
                    early = Shared([])
                    return
                }
                bytes += piece
            }
        }

        deinit { close(socket) }

        /// A frame as a client sends it: masked, unless it is not to be.
        static func frame(_ opcode: UInt8, _ bytes: [UInt8], fin: Bool = true, masked: Bool = true, length: UInt64? = nil) -> [UInt8] {
            var result = [opcode | (fin ? 0x80 : 0)]
            let mask: UInt8 = masked ? 0x80 : 0
            let count = length ?? UInt64(bytes.count)
            switch count {
            case ..<126: result.append(mask | UInt8(count))
            case ..<65536: result += [mask | 126, UInt8(count >> 8), UInt8(count & 255)]
            default: result += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
            }
            let key: [UInt8] = [0x11, 0x22, 0x33, 0x44]
            return masked ? result + key + bytes.enumerated().map { $1 ^ key[$0 % 4] } : result + bytes
        }

        /// Gives how many bytes were taken: fewer than all where the connection is closed, or nothing is taken for longer than the limit.
        @discardableResult func send(_ bytes: [UInt8]) async throws -> Int {
            let socket = socket
            return try await Self.blocking { Self.write(socket, bytes) }
        }

        /// From now on the kernel keeps little of what comes or goes, so that it soon shows who takes nothing.
        func holdsLittle() {
            var size: Int32 = 1 << 16
            for option in [SO_RCVBUF, SO_SNDBUF] { setsockopt(socket, SOL_SOCKET, option, &size, socklen_t(MemoryLayout<Int32>.size)) }
        }

        /// The next frame that is no ping; nil where the connection ends.
        func next() async throws -> Frame? {
            while true {
                guard let first = try await take(2) else { return nil }
                var count = Int(first[1] & 0x7F)
                if count == 126 { count = try await take(2).map { Int($0[0]) << 8 | Int($0[1]) } ?? 0 }
                if count == 127 { count = try await take(8).map { $0.reduce(0) { $0 << 8 | Int($1) } } ?? 0 }
                guard let bytes = try await take(count) else { return nil }
                if first[0] & 15 != 9 { return Frame(opcode: first[0] & 15, bytes: bytes) }
            }
        }

        /// Bytes of binary frames, at least so many; fewer where the connection says goodbye.
        func bytes(_ count: Int) async throws -> [UInt8] {
            var result: [UInt8] = []
            while result.count < count, let frame = try await next(), frame.opcode == 2 { result += frame.bytes }
            return result
        }

        /// The code of the goodbye, whatever comes before it; nil where the connection ends without.
        func goodbye() async throws -> Int? {
            while let frame = try await next() { if let code = frame.code { return code } }
            return nil
        }

        private func take(_ count: Int) async throws -> [UInt8]? {
            while early.value.count < count {
                let socket = socket
                guard let piece = try await Self.blocking({ Self.read(socket) }) else { return nil }
                early.change { $0 += piece }
            }
            let result = Array(early.value.prefix(count))
            early.change { $0.removeFirst(count) }
            return result
        }

        private static func read(_ socket: Int32) -> [UInt8]? {
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(socket, &piece, piece.count, 0)
            return count > 0 ? Array(piece.prefix(count)) : nil
        }

        private static func write(_ socket: Int32, _ bytes: [UInt8]) -> Int {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { break }
                sent += count
            }
            return sent
        }

        private static func blocking<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async throws -> Result {
            await withCheckedContinuation { continuation in DispatchQueue.global().async { continuation.resume(returning: body()) } }
        }
    }

    extension Site {
        /// A machine that runs, of the administrator.
        func running() async throws -> String {
            let template = try await template()
            let made = try await act("/v1/instances", #"{"template":"\#(template)","name":"screen","start":true}"#)
            let list = await send("GET", "/v1/instances")
            let id = try #require(try list.body(ListBody<InstanceBody>.self).items.first).id.text
            _ = made
            // The start of a member is an operation of its own.
            for _ in 0..<2000 {
                if await send("GET", "/v1/instances/\(id)").text.contains("\"state\":\"running\"") { return id }
                try await ContinuousClock().sleep(for: .milliseconds(10))
            }
            Issue.record("the machine does not run: \(await send("GET", "/v1/instances/\(id)").text)")
            return id
        }

        func ticket(_ id: String, _ kind: String = "serial", as account: UInt32 = 0) async throws -> ConsoleTicketBody {
            let reply = await send("POST", "/v1/instances/\(id)/console", #"{"kind":"\#(kind)"}"#, as: account)
            try #require(reply.status == 201, "\(reply.text)")
            return try reply.body(ConsoleTicketBody.self)
        }
    }
#endif
