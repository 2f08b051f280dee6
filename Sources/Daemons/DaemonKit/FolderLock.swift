// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Glibc

/// One daemon at a time has a folder. The lock goes with the process, also with a killed one.
public struct FolderLock: Sendable {
    private let file: Int32

    /// Takes the lock of a folder that is there; throws `unavailable` where another process has it.
    public init(_ folder: String) throws(CloudError) {
        file = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0, flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let words = String(cString: strerror(errno))
            if file >= 0 { close(file) }
            throw CloudError(.unavailable, ["part": folder], detail: "another daemon has it: \(words)")
        }
    }

    /// Gives the lock back.
    public func unlock() { close(file) }
}
