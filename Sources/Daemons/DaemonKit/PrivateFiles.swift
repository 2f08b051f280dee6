// SPDX-License-Identifier: Apache-2.0

public import CloudModel

import Glibc

/// The files of a daemon that only its own account may read.
public enum PrivateFiles {
    /// Makes sure that a folder is there. One that is keeps its mode; one that is made has the mode given, those above it 0755, whatever
    /// the process's umask takes away (the service's is 0077).
    public static func ensureFolder(_ path: String, mode: UInt32 = 0o700) throws(CloudError) {
        var made = path.hasPrefix("/") ? "" : "."
        let parts = path.split(separator: "/")
        for (index, part) in parts.enumerated() {
            made += "/" + part
            let mode = mode_t(index == parts.count - 1 ? mode : 0o755)
            if mkdir(made, mode) == 0 {
                guard chmod(made, mode) == 0 else { throw failure("folder", made) }
            } else if errno != EEXIST {
                throw failure("folder", made)
            }
        }
    }

    /// Lets the accounts of a group pass through a folder of ours, and see nothing in it (0710); where the machine has no such group,
    /// it stays as it is.
    public static func open(_ path: String, toGroup name: String) throws(CloudError) {
        guard let group = LocalAccount.groupID(name) else { return }
        guard chown(path, uid_t.max, group) == 0, chmod(path, 0o710) == 0 else { throw failure("open to \(name)", path) }
    }

    /// Makes sure that a file is there for its owner only, empty where it is new: before a part makes it by its own rules.
    public static func ensureFile(_ path: String) throws(CloudError) {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("make", path) }
        defer { close(file) }
        guard fchmod(file, 0o600) == 0 else { throw failure("close to others", path) }
    }

    /// How many bytes a file has; nil where there is none.
    public static func size(_ path: String) throws(CloudError) -> Int64? {
        var facts = stat()
        if stat(path, &facts) == 0 { return Int64(facts.st_size) }
        if errno == ENOENT { return nil }
        throw failure("read", path)
    }

    /// What is in a file; nil where there is none.
    public static func read(_ path: String) throws(CloudError) -> [UInt8]? {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("read", path)
        }
        defer { close(file) }
        return try contents(of: file, path)
    }

    /// What is in a file that an administrator wrote, or a symbolic link to one (`/etc` is full of them); nil where there is none.
    ///
    /// What was opened is judged, wherever the link leads by then: a regular file that belongs to root or this account and that nobody
    /// else may write. Throws `unavailable` for any other, and for a link that leads nowhere.
    public static func readTrusted(_ path: String) throws(CloudError) -> [UInt8]? {
        // Not blocking, or a pipe would hold the daemon up.
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var facts = stat()
        guard file >= 0 else {
            let refusal = failure("read", path)
            // A link that leads nowhere is there.
            if errno == ENOENT, lstat(path, &facts) != 0 { return nil }
            throw refusal
        }
        defer { close(file) }
        func refused(_ reason: String) -> CloudError { CloudError(.unavailable, ["part": path], detail: "\(path) \(reason)") }
        guard fstat(file, &facts) == 0 else { throw failure("read", path) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw refused("is no regular file") }
        guard facts.st_uid == 0 || facts.st_uid == geteuid() else { throw refused("belongs to another account than root and the daemon's") }
        guard facts.st_mode & 0o022 == 0 else { throw refused("may be written by others: chmod go-w") }
        return try contents(of: file, path)
    }

    private static func contents(of file: Int32, _ path: String) throws(CloudError) -> [UInt8] {
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

    /// Puts a file there, all of it or nothing, readable by its owner only: written beside, synced, renamed, the folder synced. Where
    /// that fails, nothing is left beside.
    public static func write(_ bytes: [UInt8], to path: String) throws(CloudError) {
        let temporary = path + ".new"
        do throws(CloudError) {
            try fill(temporary, bytes)
            guard rename(temporary, path) == 0 else { throw failure("write", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try synchroniseFolder(of: path)
    }

    /// Gives a file, whole and on the disk, another name in its folder, for good.
    static func put(_ file: String, in path: String) throws(CloudError) {
        guard rename(file, path) == 0 else { throw failure("write", path) }
        try synchroniseFolder(of: path)
    }

    private static func synchroniseFolder(of path: String) throws(CloudError) {
        let parent = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        let folder = Glibc.open(parent.isEmpty ? "/" : String(parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("write", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("write", path) }
    }

    private static func fill(_ path: String, _ bytes: [UInt8]) throws(CloudError) {
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("write", path) }
        defer { close(file) }
        try write(bytes, into: file, path)
        guard fsync(file) == 0 else { throw failure("write", path) }
    }

    /// Writes all bytes into an open file.
    static func write(_ bytes: [UInt8], into file: Int32, _ path: String) throws(CloudError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            written += count
        }
    }

    static func failure(_ what: String, _ path: String) -> CloudError {
        CloudError(.unavailable, ["part": path], detail: "\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
