// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Dispatch
    import Foundation
    import Glibc

    extension Surroundings.Terminal {
        /// Stdin and stdout of this process, for one command: what is read of stdin is gone for any other.
        public static var ofProcess: Self {
            var terminal = Self()
            let input = ProcessInput()
            terminal.input = { await input.next() }
            terminal.output = ProcessTerminal.write
            terminal.makeRaw = ProcessTerminal.makeRaw
            return terminal
        }
    }

    /// Stdin, piece by piece. On a thread of its own, for reading blocks and cannot be called off; it reads no more than was asked for, and
    /// ends with the process.
    private actor ProcessInput {
        private let wanted = DispatchSemaphore(value: 0)
        private var pieces: AsyncStream<[UInt8]>.AsyncIterator?

        func next() async -> [UInt8]? {
            var pieces = pieces ?? begin()
            wanted.signal()
            let piece = await pieces.next(isolation: self)
            self.pieces = pieces
            return piece
        }

        private func begin() -> AsyncStream<[UInt8]>.AsyncIterator {
            let (stream, pieces) = AsyncStream<[UInt8]>.makeStream()
            let wanted = wanted
            Thread.detachNewThread {
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    wanted.wait()
                    var count = read(0, &buffer, buffer.count)
                    while count < 0, errno == EINTR { count = read(0, &buffer, buffer.count) }
                    guard count > 0 else { return pieces.finish() }
                    pieces.yield(Array(buffer.prefix(count)))
                }
            }
            return stream.makeAsyncIterator()
        }
    }

    private enum ProcessTerminal {
        /// Writes all bytes to stdout; a reader who goes away ends the command.
        @Sendable static func write(_ bytes: [UInt8]) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
                if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { exit(1) }
            }
        }

        /// Every key as it is (termios(3), cfmakeraw), until the function is called or the process ends as processes do.
        @Sendable static func makeRaw() -> @Sendable () -> Void {
            var before = termios()
            guard tcgetattr(0, &before) == 0 else { return {} }
            var raw = before
            cfmakeraw(&raw)
            guard tcsetattr(0, TCSADRAIN, &raw) == 0 else { return {} }
            let kept = before
            return {
                var kept = kept
                tcsetattr(0, TCSADRAIN, &kept)
            }
        }
    }
#endif
