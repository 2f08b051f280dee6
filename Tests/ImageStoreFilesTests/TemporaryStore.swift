// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import ImageStoreFiles

/// A directory for one test, removed with it, and the store in it.
final class TemporaryStore {
    let root: String
    private(set) var store: DirectoryImageStore

    init() throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("lyceum-store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        store = try DirectoryImageStore(id: ID(bits: 0, 0), root: root)
    }
    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// As a daemon that was killed and started again.
    func reopen() throws {
        store.close()
        store = try DirectoryImageStore(id: ID(bits: 0, 0), root: root)
    }
    func path(_ name: String) -> String { "\(root)/\(name)" }
    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))) }
    func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path(name))) }
}
