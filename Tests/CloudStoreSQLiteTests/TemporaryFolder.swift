// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A folder for one test, gone with the object.
final class TemporaryFolder: Sendable {
    let path: String
    init() throws {
        path = NSTemporaryDirectory() + "lyceum-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path)") }
    }
    func file(_ name: String) -> String { path + "/" + name }
}
