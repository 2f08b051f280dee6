// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Synchronization

/// The folders of a store, open. A file's name is the id of its object and nothing else.
///
/// ```
/// images/img-…     0444, immutable           disks/disk-…   overlays          memory/vm-…    saved by the hypervisor
/// seeds/vm-…       read by guests at their boot; made by the hypervisor
/// facts/img-…      JSON, written before its image            uploads/up-…      complete bodies
/// tmp/             what is being made                        ledger            fences and results
/// lock             held while a store is open
/// ```
/// QEMU need not run as the store's account: Debian's libvirt runs it as `libvirt-qemu` and gives it the disk while its machine runs. So the folders of disks, images, memory and seeds may be passed through (0711) and not listed; a disk is for its
/// owner alone (0600). All else is the store's own (0700). Who may come as far as the store's folder is its maker's decision.
struct StoreFolders: Sendable {
    let root: OpenFile
    let images: OpenFile
    let facts: OpenFile
    let disks: OpenFile
    let memory: OpenFile
    let seeds: OpenFile
    let uploads: OpenFile
    let temporary: TemporaryFolder
    let lock: OpenFile

    /// Everything that may stand in the root.
    static let names: Set<String> = ["images", "facts", "disks", "memory", "seeds", "uploads", "tmp", "ledger", "lock"]

    /// Opens the folders, makes those that are missing, takes the lock and clears what an earlier process left half made.
    init(root path: String) throws {
        root = try OpenFile.folder(path)
        lock = try root.appendedFile("lock")
        guard try lock.lock() else {
            throw CloudError(.unavailable, ["part": "image-store"], detail: "\(path) is in use by another process or store")
        }
        images = try root.folder("images", mode: 0o711)
        facts = try root.folder("facts")
        disks = try root.folder("disks", mode: 0o711)
        memory = try root.folder("memory", mode: 0o711)
        seeds = try root.folder("seeds", mode: 0o711)
        uploads = try root.folder("uploads")
        temporary = try TemporaryFolder(root.folder("tmp"))
        try root.sync()
    }
}

/// The folder of what is being made, on the same file system as the rest, so that a rename publishes it in one step.
final class TemporaryFolder: Sendable {
    let folder: OpenFile
    private let next = Mutex<(number: Int, open: Set<String>)>((0, []))

    /// Clears the folder: whoever wrote into it is gone, for the lock is ours.
    init(_ folder: OpenFile) throws {
        self.folder = folder
        for name in try folder.names() { try folder.unlink(name) }
    }

    /// Calls `body` with a fresh name; whatever stands under it afterwards is removed, also where `body` throws.
    func withName<Value>(_ body: (String) throws -> Value) throws -> Value {
        let name = take()
        defer { giveBack(name) }
        return try body(name)
    }

    /// A fresh name, until it is given back.
    func take() -> String {
        next.withLock {
            $0.number += 1
            let name = "new-\($0.number)"
            $0.open.insert(name)
            return name
        }
    }

    /// Removes what stands under the name. A file that cannot be removed stays a stranger in the inventory and goes at the next start.
    func giveBack(_ name: String) {
        _ = try? folder.unlink(name)
        next.withLock { _ = $0.open.remove(name) }
    }

    /// What lies here and is not being made.
    func strangers() throws -> [String] {
        let names = try folder.names()
        return next.withLock { state in names.filter { !state.open.contains($0) } }
    }
}
