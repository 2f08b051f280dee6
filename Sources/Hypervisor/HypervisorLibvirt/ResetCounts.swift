// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Synchronization

    /// How often guests began anew, counted from libvirt's events and kept in a small file per instance, so that a count goes on in the
    /// next process. What happens while nobody listens is not counted: a count may be too small, never too large.
    final class ResetCounts: Sendable {
        private let folder: String
        private let counts = Mutex<[ID<InstanceKind>: Int64]>([:])

        init(folder: String) throws(CloudError) {
            self.folder = folder
            try DurableFiles.makeFolder(folder)
            var kept: [ID<InstanceKind>: Int64] = [:]
            for name in try DurableFiles.names(in: folder) {
                guard let id = ID<InstanceKind>(Substring(name)), let bytes = try DurableFiles.read("\(folder)/\(name)") else { continue }
                kept[id] = Int64(String(decoding: bytes, as: UTF8.self))
            }
            let found = kept
            counts.withLock { $0 = found }
        }

        func count(of instance: ID<InstanceKind>) -> Int64 { counts.withLock { $0[instance] ?? 0 } }

        func saw(_ instance: ID<InstanceKind>) {
            let path = path(instance)
            counts.withLock { counts in
                let count = (counts[instance] ?? 0) + 1
                counts[instance] = count
                do { try DurableFiles.write(Array(String(count).utf8), to: path, durable: false) } catch {
                    // Nobody can be told on this thread. The count holds while this process lives, and the next one begins below it.
                }
            }
        }

        /// The domain is gone, and its count with it.
        func forget(_ instance: ID<InstanceKind>) throws(CloudError) {
            try counts.withLock { counts throws(CloudError) in
                guard counts.removeValue(forKey: instance) != nil else { return }
                try DurableFiles.remove(path(instance))
            }
        }

        private func path(_ instance: ID<InstanceKind>) -> String { "\(folder)/\(instance)" }
    }
#endif
