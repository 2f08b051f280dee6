// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Glibc

/// One daemon at a time has a folder. The lock goes with this value, and with the process, also with a killed one.
public final class FolderLock: Sendable {
    private let file: Int32

    /// Takes the lock of a folder that is there; throws `unavailable` where another process has it, or the folder cannot be written.
    public init(_ folder: String) throws(CloudError) {
        let file = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            throw CloudError(.unavailable, ["part": folder], detail: "its lock cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let words = errno == EWOULDBLOCK ? "another daemon has it" : String(cString: strerror(errno))
            close(file)
            throw CloudError(.unavailable, ["part": folder], detail: words)
        }
        self.file = file
    }

    deinit { close(file) }
}
