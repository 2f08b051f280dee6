// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Dispatch
    import Foundation
    import Synchronization
    import Testing

    @testable import DaemonKit

    @Suite struct OpenFileTests {
        let shelf: Shelf
        init() throws { shelf = try Shelf() }

        /// As where the disk gives no answer: what is to be read waits on the file's thread, and the tasks go on.
        @Test func whatIsReadWaitsOnAThreadOfTheFilesOwn() async throws {
            let path = shelf.path + "/file"
            try Data("abc".utf8).write(to: URL(fileURLWithPath: path))
            let file = try OpenFile(path)
            let gate = DispatchSemaphore(value: 0)
            let isRead = Mutex(false)
            let (begun, begins) = AsyncStream<Void>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    // Opened below; a test that fails before ends all the same.
                    let isOpened = try await file.blocking {
                        begins.finish()
                        return gate.wait(timeout: .now() + .seconds(20)) == .success
                    }
                    #expect(isOpened)
                }
                for await _ in begun {}
                group.addTask { @Sendable in
                    let sum = try await file.sha256()
                    isRead.withLock { $0 = true }
                    #expect(sum == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
                }
                for _ in 0..<100 { await Task.yield() }
                #expect(!isRead.withLock { $0 }, "it was read on a task's thread")
                gate.signal()
                try await group.waitForAll()
            }
            #expect(isRead.withLock { $0 })
        }
    }
#endif
