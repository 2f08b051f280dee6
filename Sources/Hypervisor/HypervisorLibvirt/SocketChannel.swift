// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Dispatch
    import Glibc
    import Hypervisor

    /// A connected stream socket that is closed with the last who holds it.
    final class LocalSocket: Sendable {
        let file: Int32

        /// Takes a socket over.
        init(owning file: Int32) { self.file = file }

        /// Connects to a unix socket; at once or not at all.
        init(connectingTo path: String) throws(CloudError) {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
                room.copyBytes(from: path.utf8.prefix(room.count - 1))
                return path.utf8.count < room.count
            }
            file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
            }
            guard file >= 0, fits, result == 0 else {
                throw CloudError(.unavailable, ["part": "console"], detail: "\(path): \(String(cString: strerror(errno)))")
            }
        }

        deinit { if file >= 0 { close(file) } }
    }

    /// A console by a socket of this host. Nobody blocks: who waits for the other end is called when it is ready.
    ///
    /// Unchecked: every field is touched on the queue only.
    final class SocketChannel: ConsoleChannel, @unchecked Sendable {
        private let queue = DispatchQueue(label: "console")
        private let socket: LocalSocket
        private var isClosed = false
        private var reader: (CheckedContinuation<[UInt8]?, any Error>, any DispatchSourceRead)?
        private var writer: (CheckedContinuation<Void, any Error>, any DispatchSourceWrite)?

        init(_ socket: LocalSocket) { self.socket = socket }

        func read() async throws -> [UInt8]? {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { waiter in queue.async { self.read(for: waiter) } }
            } onCancel: {
                close()
            }
        }

        func write(_ bytes: [UInt8]) async throws {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { waiter in queue.async { self.write(bytes[...], for: waiter) } }
            } onCancel: {
                close()
            }
        }

        func close() { queue.async { self.end() } }

        private func read(for waiter: CheckedContinuation<[UInt8]?, any Error>) {
            guard reader == nil else { return waiter.resume(throwing: Self.twoAtOnce) }
            guard !isClosed else { return waiter.resume(returning: nil) }
            var bytes = [UInt8](repeating: 0, count: ConsoleLimits.piece)
            let count = Self.again { bytes.withUnsafeMutableBytes { recv(socket.file, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) } }
            if count > 0 { return waiter.resume(returning: Array(bytes.prefix(count))) }
            guard count < 0, errno == EAGAIN else {
                end()
                return waiter.resume(returning: nil)
            }
            let source = DispatchSource.makeReadSource(fileDescriptor: socket.file, queue: queue)
            reader = (waiter, source)
            source.setEventHandler { [self] in
                guard let (waiter, source) = reader else { return }
                reader = nil
                source.cancel()
                read(for: waiter)
            }
            // The number of the socket must not be given away while the source still watches it.
            source.setCancelHandler { [socket] in withExtendedLifetime(socket) {} }
            source.activate()
        }

        private func write(_ bytes: ArraySlice<UInt8>, for waiter: CheckedContinuation<Void, any Error>) {
            guard writer == nil else { return waiter.resume(throwing: Self.twoAtOnce) }
            guard !isClosed else { return waiter.resume(throwing: ConsoleLimits.ended) }
            var rest = bytes
            while !rest.isEmpty {
                let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
                let count = Self.again { rest.withUnsafeBytes { send(socket.file, $0.baseAddress, $0.count, flags) } }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if count < 0, errno == EAGAIN {
                    return wait(toWrite: rest, for: waiter)
                } else {
                    end()
                    return waiter.resume(throwing: ConsoleLimits.ended)
                }
            }
            waiter.resume()
        }

        private func wait(toWrite rest: ArraySlice<UInt8>, for waiter: CheckedContinuation<Void, any Error>) {
            let source = DispatchSource.makeWriteSource(fileDescriptor: socket.file, queue: queue)
            writer = (waiter, source)
            source.setEventHandler { [self] in
                guard let (waiter, source) = writer else { return }
                writer = nil
                source.cancel()
                write(rest, for: waiter)
            }
            source.setCancelHandler { [socket] in withExtendedLifetime(socket) {} }
            source.activate()
        }

        private func end() {
            guard !isClosed else { return }
            isClosed = true
            shutdown(socket.file, Int32(SHUT_RDWR))
            if let (waiter, source) = reader {
                source.cancel()
                waiter.resume(returning: nil)
            }
            if let (waiter, source) = writer {
                source.cancel()
                waiter.resume(throwing: ConsoleLimits.ended)
            }
            (reader, writer) = (nil, nil)
        }

        private static func again(_ call: () -> Int) -> Int {
            while true {
                let result = call()
                if result >= 0 || errno != EINTR { return result }
            }
        }

        private static var twoAtOnce: CloudError {
            CloudError(.internalFault, ["part": "console"], detail: "two reads or two writes at once")
        }
    }
#endif
