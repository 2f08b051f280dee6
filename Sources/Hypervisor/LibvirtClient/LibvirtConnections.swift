// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import Synchronization

    /// A few connections to one libvirt daemon that share their calls: whichever is free takes the next (`CallLine`).
    ///
    /// Calls about one subject never meet and never change places, even when nobody waits for them any more: a subject is free when libvirt
    /// has answered, not when the caller has gone.
    public final class LibvirtConnections: Sendable {
        /// How long calls take by their nature, where nothing hangs.
        public enum Length: Hashable, Sendable {
            /// Mostly milliseconds.
            case brief
            /// A guest's start; what its agent does until it goes down.
            case seconds
            /// A guest's memory.
            case minutes
        }

        private typealias Ended = @Sendable () -> Void
        private typealias Job = @Sendable (LibvirtConnection?, @escaping Ended) -> Void
        private let connections: [LibvirtConnection]
        private let line: Mutex<CallLine<Job>>

        /// Connections that are opened when they are needed, the first most often.
        /// - Parameters:
        ///   - count: how many, at least 4: all but three may be at work on memory, all but two on what is not brief.
        ///   - uri: libvirt's name of the daemon and driver.
        ///   - label: the threads' name, for debuggers.
        public init(_ count: Int, uri: String, label: String) {
            connections = (0..<max(4, count)).map { LibvirtConnection(uri: uri, label: "\(label) \($0)") }
            line = Mutex(CallLine(connections: connections.count))
        }

        /// As ``LibvirtConnection/run(within:_:)``, in the subject's turn.
        /// - Parameter first: what comes before the body, on a thread of its own and on no connection: what waits for a disk. The subject's
        ///   turn lasts over both, and the limit is for both. What it throws is the call's end, and nothing of the body was done then.
        public func run<Value: Sendable>(
            about subject: String, _ length: Length = .brief, within limit: Duration,
            after first: (@Sendable () throws -> Void)? = nil, _ body: @escaping @Sendable (LibvirtSession) throws -> Value
        ) async throws -> Value {
            do {
                return try await Call.answer(within: limit) { call in
                    let job: Job = { $0?.carryOut(call, body, $1) }
                    var preparation: Job?
                    if let first { preparation = { LibvirtConnection.prepare(call, first, $1) } }
                    line.withLock { line in
                        line.add(job, about: subject, length, isWanted: { call.isWanted }, after: preparation)
                    }
                    proceed()
                }
            } catch {
                // What waited behind it has its turn now, where it had none.
                proceed()
                throw error
            }
        }

        private func proceed() {
            while let (place, job) = line.withLock({ $0.next() }) {
                let connection: LibvirtConnection? = if case .connection(let number) = place { connections[number] } else { nil }
                job(connection) { [self] in
                    line.withLock { $0.ended(at: place) }
                    proceed()
                }
            }
        }
    }
#endif
