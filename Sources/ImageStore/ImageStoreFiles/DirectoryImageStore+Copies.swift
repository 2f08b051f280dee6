// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import ImageStore
import Synchronization

extension DirectoryImageStore: DiskCopies {
    /// As ``DiskCopies/copy(_:_:)``: QEMU's tool writes a file in the temporary folder, which is hashed, made durable and published by
    /// one rename. It works in a task of its own, which ends with the store's process or when the image is removed.
    public func copy(_ request: CopyRequest, _ command: Command) async throws -> CopyProgress {
        let lane = images.lane(for: request.image.text)
        guard let tool else { throw CloudError(.unavailable, ["part": "qemu-img"]) }
        let there = try await run(lane) { () -> ImageFacts? in
            let admission = try self.ledger.admit(command, on: request.image.text)
            if let facts = try self.facts(of: request.image) { return facts }
            // Called off or removed since: a late copy of a command does not begin it again.
            if admission != .fresh, self.copies.isCalledOff(request.image) || self.ledger.isGone(request.image.text) {
                throw CloudError(.notFound, ["object": request.image.text])
            }
            guard try self.folders.disks.contains(request.disk.text) else {
                throw CloudError(.notFound, ["object": request.disk.text])
            }
            try self.ledger.done(command, on: request.image.text)
            self.copies.begin(request.image) { told in try await self.make(request, tool, told) }
            return nil
        }
        if let there { return CopyProgress(percent: 100, facts: there) }
        return try await copies.news(of: request.image, tool.clock)
    }

    private func make(_ request: CopyRequest, _ tool: ImageTool, _ told: @escaping @Sendable (Int) -> Void) async throws -> ImageFacts {
        let lane = images.lane(for: request.image.text)
        let name = folders.temporary.take()
        defer { folders.temporary.giveBack(name) }
        // The last tenth is the hash.
        try await naming { try await tool.copy(path(of: request.disk), to: "\(root)/tmp/\(name)") { told($0 * 9 / 10) } }
        let file = try await run(lane) {
            try Task.checkCancellation()
            guard let file = try self.folders.temporary.folder.file(name) else { throw FileFault(call: "open \(name)", number: 2) }
            return file
        }
        // The disk writes what the tool left in memory while the processor hashes it: one after the other took twice the tool's time.
        async let durable: Void = run(FileLane(bodies[0])) { try file.sync() }
        let facts = try await run(lane) {
            let size = ByteCount(bytes: try file.length())
            let head = ImageHead(bytes: try file.read(ImageHead.length, at: 0), fileSize: size)
            let virtualSize = try head.judged(as: .qcow2, limit: QCow2Overlay.largestVirtualSize)
            return ImageFacts(format: .qcow2, virtualSize: virtualSize, fileSize: size, sha256: try self.hash(file, size.bytes))
        }
        try await durable
        try await run(lane) { try self.keep(facts, of: request.image, from: name) }
        return facts
    }
}

/// The copies that are under way in this process, and those that are called off until the ledger says that their images are gone.
final class Copies: Sendable {
    private struct Copying {
        var percent = 0
        var task: Task<Void, Never>?
        var result: Result<ImageFacts, any Error>?
    }
    private struct State {
        var copying: [ID<ImageKind>: Copying] = [:]
        var calledOff: Set<ID<ImageKind>> = []
    }
    private let state = Mutex(State())
    /// How long a look waits for news.
    static let patience = Duration.seconds(1)
    private static let interval = Duration.milliseconds(50)

    /// Begins a copy unless it is under way.
    func begin(_ image: ID<ImageKind>, _ work: @escaping @Sendable (@escaping @Sendable (Int) -> Void) async throws -> ImageFacts) {
        state.withLock { state in
            guard state.copying[image] == nil else { return }
            state.calledOff.remove(image)
            state.copying[image] = Copying()
            state.copying[image]?.task = Task {
                let result: Result<ImageFacts, any Error>
                do { result = .success(try await work { percent in self.change(image) { $0.percent = max($0.percent, percent) } }) } catch {
                    result = .failure(error)
                }
                self.change(image) { $0.result = result }
            }
        }
    }

    private func change(_ image: ID<ImageKind>, _ change: (inout Copying) -> Void) {
        state.withLock { state in
            guard var copying = state.copying[image] else { return }
            change(&copying)
            state.copying[image] = copying
        }
    }

    /// How far a copy is, once that is more than before or it has ended, or at the end of the patience. A copy that failed is forgotten
    /// with its failure.
    func news(of image: ID<ImageKind>, _ clock: any Clock<Duration>) async throws -> CopyProgress {
        var waited = Duration.zero
        let before = state.withLock { $0.copying[image]?.percent ?? 0 }
        while true {
            let (percent, result) = state.withLock { state in
                let copying = state.copying[image]
                if copying?.result != nil { state.copying[image] = nil }
                return (copying?.percent ?? 0, copying.map(\.result) ?? .failure(CloudError(.notFound, ["object": image.text])))
            }
            if let result { return CopyProgress(percent: 100, facts: try result.get()) }
            // Not for each per cent: a line is written for each look.
            if percent >= before + 10 || waited >= Self.patience { return CopyProgress(percent: percent, facts: nil) }
            try await clock.sleep(for: Self.interval)
            waited += Self.interval
        }
    }

    /// Whether the copy was called off and its image is not yet gone.
    func isCalledOff(_ image: ID<ImageKind>) -> Bool { state.withLock { $0.calledOff.contains(image) } }

    /// Calls a copy off; what it wrote is gone once this returns. Harmless where there is none.
    func callOff(_ image: ID<ImageKind>) async {
        let task = state.withLock { state in
            state.calledOff.insert(image)
            return state.copying[image]?.task
        }
        task?.cancel()
        await task?.value
        state.withLock { $0.copying[image] = nil }
    }

    /// The image is gone, and the ledger remembers that from here on.
    func forget(_ image: ID<ImageKind>) { state.withLock { _ = $0.calledOff.remove(image) } }
}
