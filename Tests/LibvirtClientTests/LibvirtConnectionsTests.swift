// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import Dispatch
    import LibvirtClient
    import Testing

    /// Against libvirt's built-in test driver: no daemon, no root.
    @Suite struct LibvirtConnectionsTests {
        @Test func aHangingCallHoldsUpItsSubjectAlone() async throws {
            let connections = LibvirtConnections(4, uri: "test:///default", label: "test")
            let gate = DispatchSemaphore(value: 0)
            await #expect(throws: LibvirtFailure.silent) {
                try await connections.run(about: "one", .minutes, within: .milliseconds(100)) { _ in gate.wait() }
            }
            let node = try await connections.run(about: "other", within: .seconds(10)) { try $0.node() }
            #expect(node.cpus == 16)
            await #expect(throws: LibvirtFailure.notReached(nil)) {
                try await connections.run(about: "one", within: .milliseconds(100)) { _ in }
            }
            gate.signal()
            _ = try await connections.run(about: "one", within: .seconds(10)) { try $0.node() }
        }
    }
#endif
