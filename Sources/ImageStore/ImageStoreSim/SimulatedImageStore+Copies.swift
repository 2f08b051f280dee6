// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import FoundationEssentials
public import ImageStore

extension SimulatedImageStore: DiskCopies {
    /// As ``DiskCopies/copy(_:_:)``: each look that is new finds it half of the whole further. The image is a quarter of its disk's size.
    public func copy(_ request: CopyRequest, _ command: Command) async throws -> CopyProgress {
        try await call("image.copy", request.image.text, command) {
            try self.update { state in
                if case .repeat(let text) = try state.ledger.admit(command, on: request.image.text) {
                    return try JSONDecoder().decode(CopyProgress.self, from: Data(text.utf8))
                }
                let progress = try state.look(at: request)
                let text = String(decoding: try JSONEncoder().encode(progress), as: UTF8.self)
                state.ledger.done(command, on: request.image.text, result: text)
                return progress
            }
        }
    }
}

extension SimulatedImageStore.State {
    fileprivate mutating func look(at request: CopyRequest) throws(CloudError) -> CopyProgress {
        if let there = images[request.image] { return CopyProgress(percent: 100, facts: there) }
        guard let disk = disks[request.disk] else { throw CloudError(.notFound, ["object": request.disk.text]) }
        let size = ByteCount(bytes: disk.virtualSize.bytes / 4)
        guard let before = copies[request.image] else {
            copies[request.image] = 0
            return CopyProgress(percent: 0, facts: nil)
        }
        guard before >= 50 else {
            copies[request.image] = before + 50
            return CopyProgress(percent: before + 50, facts: nil)
        }
        copies[request.image] = nil
        try room(for: size)
        var hash = PlainSHA256()
        hash.update(Array(request.disk.text.utf8))
        let facts = ImageFacts(format: .qcow2, virtualSize: disk.virtualSize, fileSize: size, sha256: hash.finish())
        images[request.image] = facts
        return CopyProgress(percent: 100, facts: facts)
    }
}
