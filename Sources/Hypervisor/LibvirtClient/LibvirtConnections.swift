// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import Synchronization

    /// A few connections to one libvirt daemon that share their calls: whichever is free takes the next (``CallLine``).
    ///
    /// Calls about one subject never meet and never change places, even when nobody waits for them any more: a subject is free when libvirt
    /// has answered, not when the caller has gone.
    public final class LibvirtConnections: Sendable {
        /// How long calls take by their nature.
        public enum Length: Hashable, Sendable {
            /// Milliseconds.
            case brief
            /// Seconds and more: a guest's start, its memory.
            case long
        }

        private typealias Job = @Sendable (LibvirtConnection, @escaping @Sendable () -> Void) -> Void
        private let connections: [LibvirtConnection]
        private let line: Mutex<CallLine<Job>>

        /// Connections that are opened when they are needed, the first most often.
        /// - Parameters:
        ///   - count: how many, at least 2; one of them is kept for brief calls.
        ///   - uri: libvirt's name of the daemon and driver.
        ///   - label: the threads' name, for debuggers.
        public init(_ count: Int, uri: String, label: String) {
            connections = (0..<max(2, count)).map { LibvirtConnection(uri: uri, label: "\(label) \($0)") }
            line = Mutex(CallLine(connections: connections.count))
        }

        /// As ``LibvirtConnection/run(within:_:)``, in the subject's turn.
        public func run<Value: Sendable>(
            about subject: String, _ length: Length = .brief, within limit: Duration,
            _ body: @escaping @Sendable (LibvirtSession) throws -> Value
        ) async throws -> Value {
            try await Call.answer(within: limit) { call in
                line.withLock { line in
                    line.add({ connection, ended in connection.carryOut(call, body, ended) }, about: subject, isLong: length == .long)
                }
                proceed()
            }
        }

        private func proceed() {
            while let (number, job) = line.withLock({ $0.next() }) {
                job(connections[number]) { [self] in
                    line.withLock { $0.ended(on: number) }
                    proceed()
                }
            }
        }
    }
#endif
