// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import Foundation
    import Glibc
    import LibvirtClient
    import Synchronization
    import Testing

    private final class Counter: Sendable {
        private let count = Mutex(0)
        func add(_ number: Int) -> Int {
            count.withLock { count in
                count += number
                return count
            }
        }
    }

    /// Against libvirt's built-in test driver: no daemon, no root.
    @Suite struct LibvirtConnectionTests {
        let connection = LibvirtConnection(uri: "test:///default")

        @Test func tellsOfItsHost() async throws {
            let node = try await connection.run(within: .seconds(10)) { try $0.node() }
            #expect(node.cpus == 16 && node.memoryKiB == 3_145_728)
            let domains = try await connection.run(within: .seconds(10)) { session in
                try session.domains().map { ($0.name, try $0.state().state, $0.runNumber) }
            }
            #expect(domains.contains { $0 == ("test", .running, 1) })
        }

        @Test func whatIsNotThereIsNilAndARefusalIsAValue() async throws {
            try await connection.run(within: .seconds(10)) { session in
                #expect(try session.domain(named: "nobody") == nil)
                #expect(try session.domain(uuid: "00000000-0000-8000-8000-000000000000") == nil)
                let test = try #require(try session.domain(named: "test"))
                #expect(try test.metadata(namespace: "urn:nobody") == nil)
            }
            let refusal = await #expect(throws: LibvirtError.self) {
                try await connection.run(within: .seconds(10)) { _ = try $0.define("<domain") }
            }
            #expect(refusal.map { !$0.message.isEmpty } == true)
        }

        @Test func aDomainLivesThroughItsStates() async throws {
            let xml = """
                <domain type='test'><name>one</name><uuid>0c5a1c8e-0000-8000-8000-000000000001</uuid>
                <metadata><a:one xmlns:a='urn:a' x='&lt;1'/></metadata>
                <memory unit='KiB'>1024</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>
                """
            try await connection.run(within: .seconds(10)) { session in
                let domain = try session.define(xml)
                #expect(try domain.state().state == .off)
                #expect(try domain.metadata(namespace: "urn:a")?.contains("&lt;1") == true)
                try domain.create(paused: false)
                #expect(domain.runNumber > 0)
                try domain.pause()
                #expect(try domain.state().state == .paused)
                try domain.resume()
                #expect(try domain.state().state == .running)
                try domain.destroy()
                #expect(try domain.state().state == .off)
                #expect(domain.runNumber == -1)
                try domain.undefine()
                #expect(try session.domain(named: "one") == nil)
            }
        }

        @Test func callsHappenOneAtATime() async throws {
            let inside = Counter()
            await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    let connection = connection
                    group.addTask {
                        try await connection.run(within: .seconds(10)) { _ in
                            #expect(inside.add(1) == 1)
                            sched_yield()
                            _ = inside.add(-1)
                        }
                    }
                }
            }
        }

        @Test func aDaemonThatIsNotThereIsNotReached() async throws {
            let nobody = LibvirtConnection(uri: "qemu+unix:///system?socket=/nonexistent/libvirt-sock")
            let failure = await #expect(throws: LibvirtFailure.self) { try await nobody.run(within: .seconds(10)) { try $0.node() } }
            guard case .notReached(.some) = failure else { throw failure ?? LibvirtFailure.silent }
        }

        /// A daemon that takes connections and says nothing: stopped, or dying.
        @Test func aDaemonThatSaysNothingIsGivenUp() async throws {
            let path = "/tmp/lyceum-silent-\(getpid()).sock"
            let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            unlink(path)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
            }
            try #require(bound == 0 && listen(listener, 8) == 0)
            let silent = LibvirtConnection(uri: "qemu+unix:///system?socket=\(path)")
            let done = Mutex(0)
            for _ in 0..<2 {
                let failure = await #expect(throws: LibvirtFailure.self) {
                    try await silent.run(within: .milliseconds(200)) { _ in done.withLock { $0 += 1 } }
                }
                #expect(failure == .notReached(nil))
            }
            close(listener)
            unlink(path)
            #expect(done.withLock { $0 } == 0, "a call that nobody waits for any more is not begun")
        }

        @Test func aCallThatHangsIsSilentAndTheNextWaitsBehindIt() async throws {
            let late = Mutex(false)
            let hanging = try await HangingCall { [connection] in try await connection.run(within: .seconds(3), $0) }
            defer { hanging.gate.signal() }
            await #expect(throws: LibvirtFailure.silent) { try await hanging.answer.value }
            await #expect(throws: LibvirtFailure.notReached(nil)) {
                try await connection.run(within: .milliseconds(100)) { _ in late.withLock { $0 = true } }
            }
            hanging.gate.signal()
            _ = try await connection.run(within: .seconds(10)) { try $0.node() }
            #expect(late.withLock { $0 } == false)
        }

        @Test func whatWaitsForADiskIsOnNoThreadOfATask() async throws {
            let isOnATasks = try await LibvirtConnection.blocking { withUnsafeCurrentTask { $0 != nil } }
            #expect(!isOnATasks)
            await #expect(throws: LibvirtFailure.silent) {
                try await LibvirtConnection.blocking { () -> Void in throw LibvirtFailure.silent }
            }
        }

        @Test func whoIsCancelledDoesNotWait() async throws {
            let gate = DispatchSemaphore(value: 0)
            let connection = connection
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await connection.run(within: .seconds(60)) { _ in gate.wait() } }
                group.addTask { try await connection.run(within: .seconds(60)) { _ in } }
                group.cancelAll()
                while let result = await group.nextResult() {
                    #expect(throws: CancellationError.self) { try result.get() }
                }
            }
            gate.signal()
            _ = try await connection.run(within: .seconds(10)) { try $0.node() }
        }
    }
#endif
