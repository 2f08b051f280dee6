// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Glibc
    import Hypervisor
    import Testing

    @testable import HypervisorLibvirt

    @Suite struct SocketChannelTests {
        /// Two ends of one connection.
        private func pair() throws -> (SocketChannel, SocketChannel) {
            var files: [Int32] = [0, 0]
            #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &files) == 0)
            return (SocketChannel(LocalSocket(owning: files[0])), SocketChannel(LocalSocket(owning: files[1])))
        }

        @Test func moreThanTheKernelHoldsGoesThroughWhole() async throws {
            let (one, two) = try pair()
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            async let written: Void = one.write(bytes)
            var heard: [UInt8] = []
            while heard.count < bytes.count, let piece = try await two.read() {
                #expect((1...ConsoleLimits.piece).contains(piece.count))
                heard += piece
            }
            try await written
            #expect(heard == bytes)
        }

        @Test func theEndWakesWhoeverWaits() async throws {
            let (one, two) = try pair()
            async let heard = two.read()
            one.close()
            one.close()
            #expect(try await heard == nil)
            #expect(try await one.read() == nil)
            await #expect(throws: ConsoleLimits.ended) { try await one.write([1]) }

            let (full, _) = try pair()
            async let stuck: Void = full.write([UInt8](repeating: 0, count: 8 << 20))
            full.close()
            do {
                try await stuck
                Issue.record("a write into a closed channel was taken")
            } catch let error as CloudError { #expect(error.code == .unavailable) }
        }

        @Test func aCancelledReadEndsTheChannel() async throws {
            let (one, two) = try pair()
            let ended = try await withThrowingTaskGroup(of: Bool.self) { tasks in
                tasks.addTask { try await one.read() == nil }
                tasks.cancelAll()
                return try await tasks.next()
            }
            #expect(ended == true)
            #expect(try await two.read() == nil)
        }
    }
#endif
