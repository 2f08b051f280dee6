// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import Testing

@testable import CloudClient

@Suite struct CloudClientTests {
    let instance: ID<InstanceKind>
    init() throws { instance = try #require(ID("vm-1")) }

    @Test func aLostCallIsSentAgainUnderTheSameKey() async throws {
        let transport = ScriptedTransport([.failure(.lost), .failure(.notConnected), .broken(202, "{\"id"), .answer(202, Sample.operation)])
        let received = try await CloudClient.scripted(transport).start(instance)
        #expect(received.value.id.text == "op-1")
        #expect(transport.calls.count == 4)
        #expect(transport.calls.map { $0["Idempotency-Key"] } == Array(repeating: "key-1", count: 4))
        #expect(transport.calls.allSatisfy { $0.target == "/v1/instances/vm-1/start" && $0.method == "POST" })
    }

    @Test func everyPostHasAKeyOfItsOwnAndNothingElseHasOne() async throws {
        let transport = ScriptedTransport([.answer(202, Sample.operation), .answer(202, Sample.operation), .answer(200, Sample.operation)])
        let client = CloudClient.scripted(transport)
        _ = try await client.start(instance)
        _ = try await client.suspend(instance)
        _ = try await client.operation(#require(ID("op-1")))
        #expect(transport.calls.map { $0["Idempotency-Key"] } == ["key-1", "key-2", nil])
    }

    @Test func whoIsTooFastWaitsAndSendsTheSameAgain() async throws {
        let clock = SleeplessClock()
        let fields = Sample.problemFields.merging(["retry-after": "3"]) { $1 }
        let early = ScriptedTransport.Line.answer(429, Sample.problem("rate-limited", 429), fields: fields)
        let transport = ScriptedTransport([early, early, .answer(202, Sample.operation), early, .answer(200, Sample.operation)])
        let client = CloudClient.scripted(transport, clock: clock)
        _ = try await client.start(instance)
        _ = try await client.operation(#require(ID("op-1")))
        #expect(transport.calls.map { $0["Idempotency-Key"] } == ["key-1", "key-1", "key-1", nil, nil])
        #expect(clock.now.offset == .seconds(9))
    }

    @Test func waitingForATurnEnds() async throws {
        let fields = Sample.problemFields.merging(["retry-after": "1"]) { $1 }
        let early = ScriptedTransport.Line.answer(429, Sample.problem("rate-limited", 429), fields: fields)
        let transport = ScriptedTransport(Array(repeating: early, count: 50))
        await #expect(throws: ClientError.self) { try await CloudClient.scripted(transport).start(instance) }
        #expect(transport.calls.count == 6)
        let impatient = ScriptedTransport(Array(repeating: early, count: 50))
        await #expect(throws: ClientError.self) { try await CloudClient.scripted(impatient).with(patience: .none).start(instance) }
        #expect(impatient.calls.count == 1)
    }

    @Test func anAddressWhereNobodyEverAnsweredIsGivenUpAtOnce() async throws {
        let transport = ScriptedTransport([.failure(.notConnected)])
        await #expect(throws: ClientError.unreachable(address: "unix:/test.sock", reason: "refused")) {
            try await CloudClient.scripted(transport).discover()
        }
        #expect(transport.calls.count == 1)
    }

    @Test func patienceEnds() async throws {
        let clock = SleeplessClock()
        let transport = ScriptedTransport(Array(repeating: .failure(.lost), count: 100))
        await #expect(throws: ClientError.self) { try await CloudClient.scripted(transport, clock: clock).readiness() }
        #expect(transport.calls.count == CloudClient.Patience.standard.delays.count + 1)
        #expect(clock.now.offset == CloudClient.Patience.standard.delays.reduce(.zero, +))
    }

    @Test func whatIsNotRepeatableIsNotRepeated() async throws {
        let transport = ScriptedTransport([.failure(.lost), .answer(200, "{}")])
        await #expect(throws: ClientError.self) { try await CloudClient.scripted(transport).raw("PATCH", "/v1/instances/vm-1", body: []) }
        #expect(transport.calls.count == 1)
    }

    @Test func aTokenIsMadeOnce() async throws {
        let transport = ScriptedTransport([.failure(.lost), .answer(201, "{}")])
        let user: ID<UserKind> = try #require(ID("user-1"))
        await #expect(throws: ClientError.unreachable(address: "unix:/test.sock", reason: "reset")) {
            try await CloudClient.scripted(transport).createToken(CreateTokenRequest(label: "l"), for: user)
        }
        #expect(transport.calls.count == 1)
    }

    @Test func aProblemIsAValue() async throws {
        let transport = ScriptedTransport([.answer(409, Sample.problem("code-of-the-future", 409), fields: Sample.problemFields)])
        let error = await #expect(throws: ClientError.self) { try await CloudClient.scripted(transport).start(instance) }
        guard case .problem(let problem)? = error else { throw error ?? ClientError.unexpected(status: 0, reason: "") }
        #expect(problem.code == "code-of-the-future")
        #expect(transport.calls.count == 1, "a refusal is not repeated")
    }

    @Test(arguments: [
        (502, "<html>", "text/html"), (404, "", ""), (409, "{\"code\":1}", "application/problem+json"), (302, "{}", "application/json"),
        (200, "{\"version\":1}", "application/json"), (200, "no JSON", "application/json"),
    ])
    func whatIsNotThisAPIIsSaidSo(status: Int, text: String, type: String) async throws {
        let transport = ScriptedTransport([.answer(status, text, fields: ["content-type": type])])
        let error = await #expect(throws: ClientError.self) { try await CloudClient.scripted(transport).discover() }
        guard case .unexpected(status, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func theTokenGoesOutAndIsNeverTraced() async throws {
        let (transport, traces) = (ScriptedTransport([.failure(.lost), .answer(202, Sample.operation)]), Traces())
        _ = try await CloudClient.scripted(transport, traces: traces).start(instance)
        #expect(transport.calls.allSatisfy { $0["authorization"] == "Bearer secret-token" && $0["accept-language"] == "hu" })
        #expect(traces.all.map(\.status) == [nil, 202])
        #expect(!"\(traces.all)".contains("secret-token"))
    }

    @Test func allFieldsStayInTheJSON() async throws {
        let received = try await CloudClient.scripted(ScriptedTransport([.answer(202, Sample.operation)])).start(instance)
        #expect(received.json["colour"] == .string("of the future"))
    }

    @Test func waitingOutlivesTheDaemon() async throws {
        let transport = ScriptedTransport(
            [.answer(200, Sample.operation)] + Array(repeating: .failure(.lost), count: 3)
                + Array(repeating: .failure(.notConnected), count: 15) + [.answer(200, Sample.operation), .answer(200, Sample.ended)])
        let end = try await CloudClient.scripted(transport).end(of: #require(ID("op-1")), every: 7)
        #expect(end.value.state == "done")
        #expect(transport.calls.allSatisfy { $0.target == "/v1/operations/op-1?wait=7" })
    }
}
