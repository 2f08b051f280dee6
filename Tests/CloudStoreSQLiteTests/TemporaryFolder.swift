// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

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

/// 0, 1, 2 …
final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> String {
        value.withLock { value in
            defer { value += 1 }
            return String(value)
        }
    }
}
