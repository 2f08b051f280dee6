// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Dispatch
import ImageStore
import Testing

@testable import ImageStoreFiles

/// A host is known to live by what its store answers, so no look waits behind a command, however much that reads.
@Suite struct LooksTests {
    /// As where two large images are hashed, each on its lane.
    @Test func looksAreAnsweredWhileAllLanesOfImagesAreHeld() async throws {
        let place = try TemporaryStore()
        let store = place.store
        let (image, upload) = (ID<ImageKind>(bits: 1, 1), ID<UploadKind>(bits: 1, 1))
        _ = try await store.receive(upload, limit: .mebibytes(1), MemoryBody(QCow2Sample().bytes))
        let facts = try await store.publish(
            PublishRequest(upload: upload, image: image, declared: .qcow2, expectedSHA256: nil, limit: .gibibytes(1)),
            Command(run: ID(bits: 1, 1), step: "publish", fence: Fence(1)))
        // One name is even and the other odd, so these are both.
        let lanes = ["a", "b"].map { store.images.lane(for: $0) }
        #expect(lanes[0] !== lanes[1])
        let gate = DispatchSemaphore(value: 0)
        let (begun, begins) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for lane in lanes {
                group.addTask {
                    try await lane.run { () -> Bool in
                        begins.yield()
                        // Whoever waits behind it gets through in the end, so that the test ends; then it has failed.
                        return gate.wait(timeout: .now() + .seconds(20)) == .success
                    }
                }
            }
            var held = begun.makeAsyncIterator()
            for _ in lanes { _ = await held.next() }
            #expect(try await store.space().total > .zero)
            #expect(try await store.inventory().images == [image])
            #expect(try await store.observe(image) == .present(facts))
            #expect(try await store.observe(ID<ImageKind>(bits: 2, 2)) == .absent)
            for _ in lanes { gate.signal() }
            for try await isOpened in group { #expect(isOpened, "a look waited until a lane was free") }
        }
        #expect(try await place.store.inventory().strangers == [])
    }
}
