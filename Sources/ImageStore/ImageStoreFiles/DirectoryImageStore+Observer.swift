// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import ImageStore

extension DirectoryImageStore: StoreObserver {
    /// All and free bytes of the file system on which the store lies.
    public func space() async throws -> StoreSpace {
        try await run(looks) { [folders] in
            let (total, free) = try folders.root.space()
            return StoreSpace(total: ByteCount(bytes: total), free: ByteCount(bytes: free))
        }
    }

    /// Everything in the directory, and the blocks of its disks, holes left out. What is being made is left out; whatever bears no id of
    /// its folder's kind is a stranger.
    public func inventory() async throws -> StoreContents {
        try await run(looks) { [folders] in
            var strangers = try folders.root.names().filter { !StoreFolders.names.contains($0) }
            strangers += try folders.temporary.strangers().map { "tmp/\($0)" }
            let images: [ID<ImageKind>] = try Self.list(folders.images, "images", &strangers)
            let facts: [ID<ImageKind>] = try Self.list(folders.facts, "facts", &strangers)
            strangers += Set(facts).subtracting(images).map { "facts/\($0)" }
            // Memories that instances wake from and those that checkpoints keep stand side by side: what is none of one is tried as the other.
            var others: [String] = []
            let memories: [ID<InstanceKind>] = try Self.list(folders.memory, "memory", &others)
            let checkpoints: [ID<CheckpointKind>] = try Self.list(folders.memory, "memory", &strangers)
            strangers.removeAll { $0.hasPrefix("memory/") && !others.contains($0) }
            let disks: [ID<DiskKind>] = try Self.list(folders.disks, "disks", &strangers)
            // One that went since it was listed takes no room.
            let taken = try disks.compactMap { disk in try folders.disks.room(of: disk.text).map { (disk, ByteCount(bytes: $0)) } }
            return StoreContents(
                images: images,
                disks: disks,
                taken: Dictionary(uniqueKeysWithValues: taken),
                memories: memories,
                checkpoints: checkpoints,
                seeds: try Self.list(folders.seeds, "seeds", &strangers),
                uploads: try Self.list(folders.uploads, "uploads", &strangers),
                strangers: strangers.sorted())
        }
    }

    private static func list<Kind: IDKind>(_ folder: OpenFile, _ name: String, _ strangers: inout [String]) throws -> [ID<Kind>] {
        var ids: [ID<Kind>] = []
        for file in try folder.names() {
            if let id = ID<Kind>(file), try folder.contains(file) { ids.append(id) } else { strangers.append("\(name)/\(file)") }
        }
        return ids.sorted()
    }
}
