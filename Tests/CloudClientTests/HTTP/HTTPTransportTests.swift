// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudModel
    import Foundation
    import NIOHTTP1
    import Testing

    @testable import CloudClient

    /// The client over a real unix socket, against a server that hangs up, breaks off and streams.
    @Suite(.timeLimit(.minutes(10))) struct HTTPTransportTests {
        private func client(_ transport: any CloudTransport) -> CloudClient {
            let keys = CountingKeys()
            return CloudClient(transport: transport, token: "t", clock: SleeplessClock(), keys: { keys.next() })
        }

        private func with<Result>(_ script: [StubServer.Reply], _ body: (CloudClient, StubServer) async throws -> Result) async throws
            -> Result
        {
            try await StubServer.with(script) { server in
                try await HTTPTransport.with(.socket(server.path)) { try await body(client($0), server) }
            }
        }

        @Test func aVerbArrivesAsItWasMeant() async throws {
            try await with([.answer(.accepted, Sample.operation)]) { client, server in
                let received = try await client.start(#require(ID<InstanceKind>("vm-1")), ifMatch: "\"3\"")
                #expect(received.value.id.text == "op-1")
                let request = try #require(server.requests.first)
                #expect(request.head.method == .POST && request.head.uri == "/v1/instances/vm-1/start")
                #expect(request.body == Array("{}".utf8))
                let fields = request.head.headers
                #expect(fields["content-type"] == ["application/json"] && fields["authorization"] == ["Bearer t"])
                #expect(fields["idempotency-key"] == ["key-1"] && fields["if-match"] == ["\"3\""] && fields["host"] == ["localhost"])
            }
        }

        @Test func aQueryArrivesAsItWasWritten() async throws {
            try await with([.answer(.ok, #"{"items":[]}"#)]) { client, server in
                _ = try await client.instances(name: "é & /?#%+").all()
                #expect(server.requests.first?.head.uri == "/v1/instances?name=%C3%A9%20%26%20%2F%3F%23%25%2B&limit=500")
            }
        }

        @Test func aConnectionThatGoesAwayIsTriedAgainUnderTheSameKey() async throws {
            try await with([.hangUp, .half(#"{"id":"#), .answer(.accepted, Sample.operation)]) { client, server in
                _ = try await client.start(#require(ID<InstanceKind>("vm-1")))
                #expect(server.requests.map { $0.head.headers["idempotency-key"] } == [["key-1"], ["key-1"], ["key-1"]])
            }
        }

        @Test func aFileIsSentWhileItIsRead() async throws {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("lyceum-upload-\(UUID().uuidString.prefix(8))")
            let bytes = (0..<(3 << 20) + 17).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            try Data(bytes).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let reply = StubServer.Reply.answer(.created, #"{"id":"up-1","size":\#(bytes.count)}"#)
            try await with([.hangUp, reply]) { client, server in
                let upload = try await client.upload(file: file.path, size: Int64(bytes.count))
                #expect(upload.value.id.text == "up-1")
                #expect(server.requests.count == 2 && server.requests[1].body == bytes)
                #expect(server.requests[1].head.headers["content-length"] == ["\(bytes.count)"])
                #expect(server.requests[1].head.headers["content-type"] == ["application/octet-stream"])
            }
        }

        @Test func aFileThatIsNotThereIsNoLostConnection() async throws {
            try await with([.answer(.created, "{}")]) { client, _ in
                _ = await #expect(throws: (any Error).self) { try await client.upload(file: "/nowhere/at all", size: 5) }
            }
        }

        @Test func eventsComeOneByOne() async throws {
            let pieces = [Sample.event(1), ": quiet\n\n", String(Sample.event(2).prefix(20)), String(Sample.event(2).dropFirst(20))]
            try await with([.pieces(pieces), .pieces([Sample.event(3)])]) { client, server in
                var numbers: [Int64] = []
                for try await event in client.events(after: 0, limit: 3) { numbers.append(event.value.number) }
                #expect(numbers == [1, 2, 3])
                #expect(server.requests.map { $0.head.headers["last-event-id"] } == [["0"], ["2"]])
            }
        }

        @Test(arguments: ["/nowhere/api.sock", "/"])
        func aSocketThatIsNotThereIsUnreachable(path: String) async throws {
            try await HTTPTransport.with(.socket(path)) { transport in
                _ = await #expect { try await client(transport).discover() } throws: { error in
                    guard case ClientError.unreachable = error else { return false }
                    return true
                }
            }
        }

        @Test func aClosedPortIsUnreachable() async throws {
            try await HTTPTransport.with(.web("http://127.0.0.1:1")) { transport in
                _ = await #expect(throws: ClientError.self) { try await client(transport).discover() }
            }
        }

        @Test func aRedirectIsNotFollowed() async throws {
            try await with([.answer(.found, "")]) { client, server in
                _ = await #expect(throws: ClientError.self) { try await client.discover() }
                #expect(server.requests.count == 1)
            }
        }
    }
#endif
