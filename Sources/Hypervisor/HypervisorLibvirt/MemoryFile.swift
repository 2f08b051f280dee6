// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel

    /// Saved memory in the file system.
    ///
    /// ```
    ///            save            publish                 a guest runs on            discard
    /// nothing ──────▶ .partial ──────────▶ the file ─────────────────────▶ .spent ──────────▶ nothing
    /// ```
    /// Only the file itself can be woken from. Whatever is about to let a guest's processors run renames it first, durably: from then on
    /// the disk may move on. Being cut off in between loses memory at worst, never the disk.
    struct MemoryFile: Sendable {
        let path: String
        var partial: String { path + ".partial" }
        var spent: String { path + ".spent" }

        var isThere: Bool { DurableFiles.exists(path) }

        /// The partial file becomes the memory, durably.
        func publish() throws(CloudError) {
            try DurableFiles.sync(partial)
            try DurableFiles.move(partial, to: path)
            try DurableFiles.remove(spent)
        }

        /// From here on nobody wakes from it.
        func spend() throws(CloudError) {
            try DurableFiles.remove(partial)
            if isThere { try DurableFiles.move(path, to: spent) }
        }

        func remove() throws(CloudError) {
            for file in [partial, path, spent] { try DurableFiles.remove(file) }
        }
    }
#endif
