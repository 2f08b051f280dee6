// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Dispatch
    import Glibc

    /// Bytes over a socket, on a queue of their own, for the calls block.
    struct Wire: Sendable {
        enum Place: Sendable {
            case path(String)
            case port(Int)
        }
        struct Failed: Error { let call: String }
        let place: Place
        init(_ place: Place) { self.place = place }

        /// Sends a text and gives all that comes back until the other end closes, or the seconds are over. Where it does not `end`, the
        /// sending side stays open.
        func exchange(_ text: String, end: Bool = true, limit: Int = 60) async throws -> String {
            try await exchange(Array(text.utf8), end: end, limit: limit)
        }

        /// The same with bytes.
        func exchange(_ bytes: [UInt8], end: Bool = true, limit: Int = 60) async throws -> String {
            try await Self.blocking {
                let socket = try connect(limit)
                defer { close(socket) }
                Self.write(socket, bytes)
                if end { shutdown(socket, Int32(SHUT_WR)) }
                return Self.rest(of: socket)
            }
        }

        /// Sends a text and goes away.
        func send(_ text: String) async throws {
            try await Self.blocking {
                let socket = try connect(5)
                Self.write(socket, Array(text.utf8))
                close(socket)
            }
        }

        /// A connection on which a text was sent; whoever opens it closes it.
        func opened(_ text: String = "", limit: Int = 60) async throws -> Int32 {
            try await Self.blocking {
                let socket = try connect(limit)
                Self.write(socket, Array(text.utf8))
                return socket
            }
        }

        /// What comes next on an open connection.
        static func piece(of socket: Int32) async throws -> String {
            try await blocking {
                var piece = [UInt8](repeating: 0, count: 1 << 16)
                let count = recv(socket, &piece, piece.count, 0)
                return String(decoding: piece.prefix(max(0, count)), as: UTF8.self)
            }
        }

        private static func rest(of socket: Int32) -> String {
            var (result, piece): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 16))
            while true {
                let count = recv(socket, &piece, piece.count, 0)
                guard count > 0 else { return String(decoding: result, as: UTF8.self) }
                result += piece.prefix(count)
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

        private func connect(_ limit: Int) throws -> Int32 {
            let socket: Int32
            switch place {
            case .path(let path):
                socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                var address = sockaddr_un()
                address.sun_family = sa_family_t(AF_UNIX)
                withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
                try Self.connect(socket, &address)
            case .port(let port):
                socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                // The bytes of a sockaddr_in (ip(7)): its members belong to a C module of NIO's, wherever NIO is imported too.
                var address = (UInt16(AF_INET), UInt16(port).bigEndian, UInt32(0x7F00_0001).bigEndian, UInt64(0))
                try Self.connect(socket, &address)
            }
            var wait = timeval(tv_sec: limit, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
            return socket
        }

        private static func connect<Address>(_ socket: Int32, _ address: inout Address) throws {
            let done = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<Address>.size))
                }
            }
            guard done == 0 else { throw Failed(call: "connect") }
        }

        private static func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async { continuation.resume(with: Swift.Result { try body() }) }
            }
        }
    }
#endif
