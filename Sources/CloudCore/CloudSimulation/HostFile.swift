// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Glibc

/// The file of a simulated host: all of it or nothing, for its owner only. What is new is written beside it under one name, so that a
/// process that was killed leaves at most one file, which the next start removes.
struct HostFile: Sendable {
    let path: String
    private var beside: String { path + ".new" }

    /// Removes what a killed process left.
    func clear() throws(CloudError) {
        guard unlink(beside) == 0 || errno == ENOENT else { throw failure() }
    }

    /// What is in it; nil where it is not there.
    func read() throws -> Data? {
        FileManager.default.fileExists(atPath: path) ? try Data(contentsOf: URL(fileURLWithPath: path)) : nil
    }

    /// Puts the bytes there. It is there for other processes at once; a power cut may lose it, for nothing real depends on it.
    func write(_ bytes: Data) throws(CloudError) {
        let file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure() }
        let isWhole = bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
        let reason = errno
        close(file)
        guard isWhole else { throw failure(reason) }
        guard rename(beside, path) == 0 else { throw failure() }
    }

    private func failure(_ reason: Int32 = errno) -> CloudError {
        CloudError(.unavailable, ["part": path], detail: String(cString: strerror(reason)))
    }
}
