// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

@Suite("What is asked for twice under one key is done once")
struct RequestKeyTests {
    private let key = Cloud.RequestKey(key: "k", bodyHash: "a")
    private let other = Cloud.RequestKey(key: "k", bodyHash: "b")
    private let mismatch = CloudError(.idempotencyMismatch, ["key": "k"])

    @Test func aPerson() async throws {
        let site = try await Site()
        func create(_ key: Cloud.RequestKey) async throws -> Cloud.Answered<User> {
            try await site.cloud.createUser(login: "cili", name: DisplayName("Cili"), role: .endUser, key: key, by: site.admin)
        }
        let first = try await create(key)
        let after = try await site.snapshot(.history)
        let again = try await create(key)
        #expect(!first.repeated && again.repeated && again.value == first.value)
        await #expect(throws: mismatch) { _ = try await create(other) }
        #expect(try await after.difference(to: site.snapshot(.history)) == [])
        // Another person's key of the same text is another key.
        await #expect(throws: CloudError.self) {
            _ = try await site.cloud.createUser(login: "dora", name: DisplayName("Dóra"), role: .endUser, key: key, by: site.anna)
        }
        site.clock.advance(by: .seconds(86_401))
        await #expect(throws: CloudError(.nameTaken, ["name": "cili", "proposal": "cili2"])) { _ = try await create(key) }
    }

    @Test func aTokenWithItsTextWhichLiesSealed() async throws {
        let site = try await Site()
        func create(_ text: String, _ key: Cloud.RequestKey) async throws -> Cloud.Answered<Cloud.CreatedToken> {
            try await site.cloud.createToken(
                hash: "hash of \(text)", text: Secret(text), of: site.anna.user, label: "laptop", key: key, by: site.anna)
        }
        let first = try await create("first-text", key)
        let again = try await create("second-text", key)
        #expect(again.repeated && again.value.token == first.value.token && again.value.text?.clear == "first-text")
        await #expect(throws: mismatch) { _ = try await create("third-text", other) }
        let rows = try site.disk.read { try $0.accessTokens.all() }
        #expect(rows.map(\.hash) == ["hash of first-text"])
        let dump = try site.disk.dump()
        #expect(!dump.values.joined().contains { $0.contains("\"first-text") })
    }

    @Test func bytes() async throws {
        let site = try await Site()
        func send(_ byte: UInt8) async throws -> Cloud.Answered<ReceivedUpload> {
            try await site.cloud.receiveUpload(
                OneChunk(bytes: [UInt8](repeating: byte, count: 1000)), limit: .mebibytes(1), key: key, by: site.admin)
        }
        let first = try await send(1)
        let after = try await site.snapshot(.history)
        let again = try await send(1)
        #expect(again.repeated && again.value == first.value)
        await #expect(throws: mismatch) { _ = try await send(2) }
        #expect(try await after.difference(to: site.snapshot(.history)) == [])
    }

    @Test func oneKeyIsNotForAVerbAndForSomethingElse() async throws {
        let site = try await Site()
        try await site.serving {
            let request = try site.cloud.request(template: site.template, name: "mine", start: false, by: site.admin)
            _ = try await site.cloud.submit(request, key: key)
            await #expect(throws: mismatch) {
                _ = try await site.cloud.createUser(login: "cili", name: DisplayName("Cili"), role: .endUser, key: other, by: site.admin)
            }
        }
    }

    @Test func ofTwoVerbsThatRaceUnderOneKeyOneIsBegun() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        try await site.serving {
            let answers = try await withThrowingTaskGroup(of: Cloud.Submitted.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask { try await site.cloud.submit(DestroyInstance(by: site.anna, instance: instance), key: key) }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.operation)).count == 1 && answers.filter { !$0.repeated }.count == 1)
        }
    }

    @Test func answersAreForgottenAfterADay() async throws {
        let site = try await Site()
        _ = try await site.cloud.createUser(login: "cili", name: DisplayName("Cili"), role: .endUser, key: key, by: site.admin)
        site.clock.advance(by: .seconds(86_401))
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(try site.disk.read { try $0.rememberedRequests.all() }.isEmpty)
    }
}
