// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import Dispatch
    import LibvirtClient

    /// A call that has begun and stays in libvirt until its gate is opened. That it has begun is waited for; its limit has to leave a busy
    /// machine the time to come to it.
    struct HangingCall {
        let gate = DispatchSemaphore(value: 0)
        let answer: Task<Void, any Error>

        /// - Parameter run: begins the call with the body it is given.
        init(_ run: @escaping @Sendable (@escaping @Sendable (LibvirtSession) throws -> Void) async throws -> Void) async throws {
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            answer = Task { [gate] in
                defer { beginning.finish() }
                try await run { _ in
                    beginning.finish()
                    gate.wait()
                }
            }
            for await _ in begun {}
        }
    }
#endif
