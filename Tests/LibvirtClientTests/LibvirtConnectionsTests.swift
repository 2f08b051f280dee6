// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import Dispatch
    import LibvirtClient
    import Testing

    /// Against libvirt's built-in test driver: no daemon, no root.
    @Suite struct LibvirtConnectionsTests {
        @Test func aHangingCallHoldsUpItsSubjectAlone() async throws {
            let connections = LibvirtConnections(4, uri: "test:///default", label: "test")
            let hanging = try await HangingCall { try await connections.run(about: "one", .minutes, within: .seconds(3), $0) }
            defer { hanging.gate.signal() }
            let node = try await connections.run(about: "other", within: .seconds(10)) { try $0.node() }
            #expect(node.cpus == 16)
            await #expect(throws: LibvirtFailure.silent) { try await hanging.answer.value }
            await #expect(throws: LibvirtFailure.notReached(nil)) {
                try await connections.run(about: "one", within: .milliseconds(100)) { _ in }
            }
            hanging.gate.signal()
            _ = try await connections.run(about: "one", within: .seconds(10)) { try $0.node() }
        }

        /// The last connection for memory hangs, a second call for memory waits and is given up: what it waited before has its turn then,
        /// though no other call begins or ends.
        @Test func whatWaitedBehindACallThatIsGivenUpHasItsTurn() async throws {
            let connections = LibvirtConnections(4, uri: "test:///default", label: "test")
            let hanging = try await HangingCall { try await connections.run(about: "a", .minutes, within: .seconds(60), $0) }
            defer { hanging.gate.signal() }
            // At once, so that they stand in line in this order.
            let givenUp = Task.immediate { try await connections.run(about: "b", .minutes, within: .milliseconds(200)) { _ in } }
            let behind = Task.immediate { try await connections.run(about: "b", within: .seconds(10)) { try $0.node().cpus } }
            await #expect(throws: LibvirtFailure.notReached(nil)) { try await givenUp.value }
            #expect(try await behind.value == 16)
        }
    }
#endif
