// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import Dispatch
    import Synchronization

    /// One connection to a libvirt daemon, with a thread of its own for the calls on it, which all block.
    ///
    /// Calls are carried out one after the other, in order. A connection is opened when the first call needs it, and again when a call
    /// finds it dead. Nobody waits longer than the limit of the call: libvirt's calls cannot be interrupted, so one that hangs goes on
    /// by itself, later ones wait behind it, and each is told so (``LibvirtFailure``).
    public final class LibvirtConnection: Sendable {
        /// What is connected to, for example `qemu:///system`.
        public let uri: String
        private let thread: DispatchQueue
        private let slot = Slot()

        /// A connection that is opened later.
        /// - Parameters:
        ///   - uri: libvirt's name of the daemon and driver.
        ///   - label: the thread's name, for debuggers.
        public init(uri: String, label: String = "libvirt") {
            self.uri = uri
            self.thread = DispatchQueue(label: label)
        }

        /// Carries out `body` on the connection's thread.
        ///
        /// Throws what the body throws, ``LibvirtFailure`` where libvirt gave no answer, and `CancellationError` as soon as the task is
        /// cancelled: the body is then not begun, or goes on by itself.
        /// - Parameters:
        ///   - limit: how long the caller waits, its turn included.
        ///   - body: calls on the session, which must not leave it.
        public func run<Value: Sendable>(
            within limit: Duration, _ body: @escaping @Sendable (LibvirtSession) throws -> Value
        ) async throws -> Value {
            try await Call.answer(within: limit) { call in carryOut(call, body) {} }
        }

        /// Threads for what waits for a disk, before calls and beside them: as many as there are calls, for each waits for the same disk, and a disk takes many together.
        private static let aside = DispatchQueue(label: "libvirt aside", attributes: .concurrent)

        /// Carries out what blocks and needs no connection, such as file calls, on a thread of its own: on one of the tasks', of which a small
        /// host has two, what waits for a disk would stop all others. It cannot be interrupted, so also a cancelled task waits for its end.
        /// Throws what the body throws.
        public static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
            try await withCheckedThrowingContinuation { continuation in
                aside.async { continuation.resume(with: Result { try body() }) }
            }
        }

        /// Does what comes before a call, on no connection, unless nobody waits for it any more. Where it fails, that is the call's end; the
        /// call itself is not begun by it.
        static func prepare<Value: Sendable>(
            _ call: Call<Value>, _ body: @escaping @Sendable () throws -> Void, _ ended: @escaping @Sendable () -> Void
        ) {
            aside.async {
                if call.isWanted { do { try body() } catch { call.end(with: .failure(error)) } }
                ended()
            }
        }

        /// Carries out a call when the thread comes to it, unless nobody waits for it any more.
        /// - Parameter ended: told on the thread when the call has come to its end, which may be long after the caller went away.
        func carryOut<Value: Sendable>(
            _ call: Call<Value>, _ body: @escaping @Sendable (LibvirtSession) throws -> Value, _ ended: @escaping @Sendable () -> Void
        ) {
            thread.async { [uri, slot] in
                if call.isWanted { call.end(with: Result { try slot.perform(uri, once: call.begin, body) }) }
                ended()
            }
        }
    }

    /// Where limits pass, of all calls.
    private let limits = DispatchQueue(label: "libvirt limits")

    /// One call's fate, decided once: whoever comes first of the answer, the limit and the cancellation.
    final class Call<Value: Sendable>: Sendable {
        private enum Fate {
            case fresh
            case waiting(CheckedContinuation<Value, any Error>)
            case underWay(CheckedContinuation<Value, any Error>)
            case over
        }
        private let fate = Mutex(Fate.fresh)

        /// Hands a new call to `begin` and waits for its end, at most as long as the limit.
        static func answer(
            within limit: Duration, begin: @Sendable (Call<Value>) -> Void
        ) async throws -> Value {
            let call = Call<Value>()
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    guard call.wait(continuation) else { return }
                    begin(call)
                    let milliseconds = limit.components.seconds * 1000 + limit.components.attoseconds / 1_000_000_000_000_000
                    limits.asyncAfter(deadline: .now() + .milliseconds(Int(milliseconds))) { call.giveUp() }
                }
            } onCancel: {
                call.end(with: .failure(CancellationError()))
            }
        }

        /// False where the task was cancelled before the call began to wait.
        func wait(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
            let waits = fate.withLock { fate in
                guard case .fresh = fate else { return false }
                fate = .waiting(continuation)
                return true
            }
            if !waits { continuation.resume(throwing: CancellationError()) }
            return waits
        }

        /// Whether somebody still waits for it.
        var isWanted: Bool {
            fate.withLock { fate in
                if case .waiting = fate { true } else { false }
            }
        }

        /// From here on the answer may come too late but the call was not in vain. Throws where nobody waits any more: then nothing
        /// must be done.
        func begin() throws {
            try fate.withLock { fate in
                guard case .waiting(let continuation) = fate else { throw LibvirtFailure.notReached(nil) }
                fate = .underWay(continuation)
            }
        }

        func end(with result: sending Result<Value, any Error>) {
            let continuation: CheckedContinuation<Value, any Error>? = fate.withLock { fate in
                defer { fate = .over }
                switch fate {
                case .waiting(let continuation), .underWay(let continuation): return continuation
                case .fresh, .over: return nil
                }
            }
            continuation?.resume(with: result)
        }

        /// The limit has passed: from now on it is not begun, unless it was.
        func giveUp() {
            let (continuation, failure) = fate.withLock { fate -> (CheckedContinuation<Value, any Error>?, LibvirtFailure) in
                defer { fate = .over }
                switch fate {
                case .waiting(let continuation): return (continuation, .notReached(nil))
                case .underWay(let continuation): return (continuation, .silent)
                case .fresh, .over: return (nil, .silent)
                }
            }
            continuation?.resume(throwing: failure)
        }
    }

    /// The open session, if any.
    ///
    /// Unchecked: it is touched on the connection's thread only, by one call at a time, and at last by its deinitialiser, when no call
    /// can come any more.
    private final class Slot: @unchecked Sendable {
        private var session: LibvirtSession?

        func perform<Value>(_ uri: String, once begin: () throws -> Void, _ body: (LibvirtSession) throws -> Value) throws -> Value {
            let session = try open(uri)
            try begin()
            do {
                return try body(session)
            } catch let error as LibvirtError where !session.isAlive {
                self.session = nil
                throw LibvirtFailure.lost(error)
            }
        }

        /// A session that has just answered: what broke while nobody looked is found before anything is sent over it.
        private func open(_ uri: String) throws -> LibvirtSession {
            if let session, session.answers { return session }
            session = nil
            do throws(LibvirtError) {
                let fresh = try LibvirtSession(uri: uri)
                session = fresh
                return fresh
            } catch {
                throw LibvirtFailure.notReached(error)
            }
        }
    }
#endif
