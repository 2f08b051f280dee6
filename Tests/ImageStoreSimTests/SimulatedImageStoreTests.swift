// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import FoundationEssentials
import ImageStore
import ImageStoreSim
import Synchronization
import Testing

@Suite struct SimulatedImageStoreTests {
    @Test(arguments: ImageStoreContract.Rule.allCases) func keeps(rule: ImageStoreContract.Rule) async throws {
        try await ImageStoreContract(store: SimulatedImageStore()).check(rule)
    }

    @Test(arguments: ImageStoreContract.Rule.allCases) func keepsOverAWire(rule: ImageStoreContract.Rule) async throws {
        try await ImageStoreContract(store: LoopbackImageStore(SimulatedImageStore())).check(rule)
    }

    /// What is for logs only stays on its machine, and a lost answer is one on the other side too.
    @Test func overAWireTheDetailOfARefusalIsLeftBehind() async throws {
        let errors: [any Error] = [CloudError(.busy, ["object": "x"], detail: "/srv/secret"), OutcomeUnknown("no answer")]
        for error in errors {
            let wire = LoopbackImageStore(SimulatedImageStore(faults: { _, _, phase in if phase == .before { throw error } }))
            await #expect {
                try await wire.ensure(overlay, command("disk"))
            } throws: { arrived in
                arrived as? CloudError == CloudError(.busy, ["object": "x"]) || arrived is OutcomeUnknown && error is OutcomeUnknown
            }
        }
    }

    private static let image = ID<ImageKind>(bits: 1, 1)
    private static let upload = ID<UploadKind>(bits: 1, 1)
    private static let disk = ID<DiskKind>(bits: 1, 1)
    private func command(_ step: String) -> Command { Command(run: ID(bits: 1, 1), step: step, fence: Fence(1)) }
    private func publish(_ store: SimulatedImageStore) async throws {
        _ = try await store.receive(Self.upload, limit: .mebibytes(1), MemoryBody(QCow2Sample().bytes))
        let request = PublishRequest(upload: Self.upload, image: Self.image, declared: .qcow2, expectedSHA256: nil, limit: .mebibytes(1))
        _ = try await store.publish(request, command("publish"))
    }
    private var overlay: OverlayDescription {
        OverlayDescription(disk: Self.disk, image: Self.image, imageFormat: .qcow2, virtualSize: .mebibytes(1))
    }

    @Test func aFullDiskRefusesAndLeavesNothing() async throws {
        let store = SimulatedImageStore(state: .init(capacity: .kibibytes(40)))
        try await publish(store)
        let before = store.snapshot()
        await #expect(throws: CloudError(.diskFull, ["store": "store-simulated", "needed": "256 KiB", "free": "8 KiB"])) {
            try await store.ensure(overlay, command("disk"))
        }
        #expect(store.snapshot() == before)
        await #expect(throws: CloudError.self) {
            try await store.receive(ID(bits: 1, 2), limit: .mebibytes(1), MemoryBody([UInt8](repeating: 0, count: 8193)))
        }
        #expect(store.snapshot() == before)
        _ = try await store.receive(ID(bits: 1, 2), limit: .mebibytes(1), MemoryBody([UInt8](repeating: 0, count: 8192)))
        #expect(try await store.space() == StoreSpace(total: .kibibytes(40), free: .zero))
    }

    @Test func theStateGoesThroughJSONAndOn() async throws {
        let kept = Mutex<Data?>(nil)
        let store = SimulatedImageStore(onChange: { state in
            let data = try JSONEncoder().encode(state)
            kept.withLock { $0 = data }
        })
        try await publish(store)
        try await store.ensure(overlay, command("disk"))
        let data = try #require(kept.withLock { $0 })
        let again = SimulatedImageStore(state: try JSONDecoder().decode(SimulatedImageStore.State.self, from: data))
        #expect(again.snapshot() == store.snapshot())
        #expect(try await again.observe(overlay) == .present(overlay))
        await #expect(throws: CloudError.self) {
            try await again.remove(Self.disk, Command(run: ID(bits: 1, 2), step: "late", fence: Fence(0)))
        }
    }

    @Test func whatCannotBeKeptDidNotHappen() async throws {
        struct Broken: Error {}
        let broken = Mutex(false)
        let store = SimulatedImageStore(onChange: { _ in if broken.withLock({ $0 }) { throw Broken() } })
        try await publish(store)
        broken.withLock { $0 = true }
        await #expect(throws: Broken.self) { try await store.ensure(overlay, command("disk")) }
        broken.withLock { $0 = false }
        #expect(try await store.observe(overlay) == .absent)
        try await store.ensure(overlay, command("disk"))
        #expect(try await store.observe(overlay) == .present(overlay))
    }

    @Test func faultsComeBeforeAndAfterTheEffect() async throws {
        let due = Mutex<EffectPhase?>(nil)
        let store = SimulatedImageStore(faults: { call, subject, phase in
            guard call == "overlay.ensure", subject == Self.disk.text, due.withLock({ $0 }) == phase else { return }
            throw OutcomeUnknown("\(call) \(phase)")
        })
        try await publish(store)
        due.withLock { $0 = .before }
        await #expect(throws: OutcomeUnknown.self) { try await store.ensure(overlay, command("disk")) }
        #expect(try await store.observe(overlay) == .absent)
        due.withLock { $0 = .after }
        await #expect(throws: OutcomeUnknown.self) { try await store.ensure(overlay, command("disk")) }
        #expect(try await store.observe(overlay) == .present(overlay))
        due.withLock { $0 = nil }
        try await store.ensure(overlay, command("disk"))
    }

    @Test func theInventoryListsInjectedMemoriesAndStrangers() async throws {
        let store = SimulatedImageStore(memories: { [ID(bits: 0, 2), ID(bits: 0, 1)] })
        try store.intervene { $0.strangers = ["b", "a"] }
        let contents = try await store.inventory()
        #expect(contents.memories == contents.memories.sorted() && contents.memories.count == 2)
        #expect(contents.strangers == ["a", "b"])
    }
}
