// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

@Suite("The version that a caller decided by is compared in the transaction of the change")
struct SeenVersionsTests {
    @Test func aChangeBetweenTheLookAndTheVerbIsNoticed() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.make("mine", by: site.anna)
        let seen = SeenVersions([try await site.cloud.instance(instance, for: site.anna).instance.version], of: instance)
        // The last moment before the verb's own transaction: no look before it can notice this.
        probe.set(Boundary(.beforeCommit, "claim")) { _ in
            try site.disk.write { tx in
                _ = try tx.instances.change(instance) { $0.name = try DisplayName("renamed") }
            }
        }
        try await site.serving {
            await #expect(throws: CloudError(.staleVersion, ["object": instance.text, "expected": "1", "actual": "2"])) {
                _ = try await site.cloud.submit(StartInstance(by: site.anna, instance: instance), seen: seen)
            }
        }
        #expect(try await site.cloud.operations(for: site.anna).allSatisfy { $0.kind != StartInstance.kind })
        #expect(try site.disk.read { try $0.statuses.get(instance).operation } == nil)
    }

    @Test func ofTwoVerbsThatRaceTheLaterIsStaleAndNotConfused() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        let seen = SeenVersions([1], of: instance)
        try await site.serving {
            let codes = await withTaskGroup(of: ErrorCode?.self) { tasks in
                for _ in 0..<2 {
                    tasks.addTask {
                        do {
                            let begun = try await site.cloud.submit(DestroyInstance(by: site.anna, instance: instance), seen: seen)
                            _ = try await site.cloud.wait(for: begun.operation, limit: .seconds(1000), by: site.anna)
                            return nil
                        } catch { return (error as? CloudError)?.code }
                    }
                }
                return await tasks.reduce(into: [ErrorCode?]()) { $0.append($1) }
            }
            // While the first is at work the second finds it busy; once it is done the row is another.
            #expect(codes.filter { $0 == nil }.count == 1 && codes.contains { $0 == .busy || $0 == .staleVersion }, "\(codes)")
            let late = await #expect(throws: CloudError.self) {
                _ = try await site.cloud.submit(StartInstance(by: site.anna, instance: instance), seen: seen)
            }
            #expect(late?.code == .staleVersion)
        }
    }

    @Test func aForeignInstanceIsUnknownAndNotStale() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        try await site.serving {
            await #expect(throws: CloudError(.notFound, ["object": instance.text])) {
                _ = try await site.cloud.submit(
                    StartInstance(by: site.bela, instance: instance), seen: SeenVersions([7], of: instance))
            }
        }
    }

    @Test func keysAreReplacedAtTheVersionThatWasSeen() async throws {
        let site = try await Site()
        let key = "ssh-ed25519 AAAA anna"
        let user = try await site.cloud.setKeys([key], of: site.anna.user, seen: SeenVersions([1], of: site.anna.user), by: site.anna)
        let thrown = await #expect(throws: CloudError.self) {
            _ = try await site.cloud.setKeys([], of: site.anna.user, seen: SeenVersions([1], of: site.anna.user), by: site.anna)
        }
        #expect(thrown?.code == .staleVersion)
        #expect(try await site.cloud.user(site.anna.user, for: site.anna) == user)
    }
}
