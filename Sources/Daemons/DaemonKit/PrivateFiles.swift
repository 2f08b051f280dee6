// SPDX-License-Identifier: Apache-2.0

public import CloudModel

import Glibc

/// The files of a daemon that only its own account may read.
public enum PrivateFiles {
    /// Makes sure that a folder is there, with the mode given. Harmless where it is.
    public static func ensureFolder(_ path: String, mode: UInt32 = 0o700) throws(CloudError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            guard mkdir(made, mode_t(mode)) == 0 || errno == EEXIST else { throw failure("folder", made) }
        }
    }

    /// What is in a file; nil where there is none.
    public static func read(_ path: String) throws(CloudError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("read", path)
        }
        defer { close(file) }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return result }
            result += piece.prefix(count)
        }
    }

    /// Puts a file there, all of it or nothing, readable by its owner only: written beside, synced, renamed, the folder synced.
    public static func write(_ bytes: [UInt8], to path: String) throws(CloudError) {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("write", path) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                close(file)
                throw failure("write", path)
            }
            written += count
        }
        let synced = fsync(file)
        guard close(file) == 0, synced == 0, rename(temporary, path) == 0 else { throw failure("write", path) }
        let parent = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        let folder = open(parent.isEmpty ? "/" : String(parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("write", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("write", path) }
    }

    private static func failure(_ what: String, _ path: String) -> CloudError {
        CloudError(.unavailable, ["part": path], detail: "\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
