// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Glibc

/// Reads and writes small files of a host, below a root that is `/` except in tests. Every failure is an `internal-fault` that
/// names the file in its detail; a file that is not there is nil or false.
struct HostFiles: Sendable {
    /// What stands before every path; empty for the host itself.
    let root: String

    func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

    /// The text of a file; nil where there is none. Files of /proc and /sys say no size, so it is read until it ends.
    func read(_ path: String, limit: Int = 1 << 20) throws(CloudError) -> String? {
        let file = open(root + path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR || errno == ESRCH { return nil }
            throw failure("open", path)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            // A process or device that ends while it is read is one that is not there.
            if count < 0, errno == ESRCH || errno == ENODEV { return nil }
            guard count >= 0 else { throw failure("read", path) }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names in a directory, sorted, without those that begin with a dot; empty where there is none.
    func list(_ path: String) throws(CloudError) -> [String] { try names(path).filter { !$0.hasPrefix(".") } }

    private func names(_ path: String) throws(CloudError) -> [String] {
        guard let directory = opendir(root + path) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw failure("open directory", path)
        }
        defer { closedir(directory) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw failure("list", path) }
        return names.sorted()
    }

    /// Makes a directory and those above it, with these modes whatever the process's umask takes away: dnsmasq reads in them as nobody.
    func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(CloudError) {
        if try make(path, mode) { return }
        guard let parent = path.lastIndex(of: "/"), parent != path.startIndex else { throw failure("make", path) }
        try makeDirectory(String(path[..<parent]), mode: 0o755)
        guard try make(path, mode) else { throw failure("make", path) }
    }

    /// False where what it would stand in is not there.
    private func make(_ path: String, _ mode: mode_t) throws(CloudError) -> Bool {
        guard mkdir(root + path, mode) != 0 else {
            guard chmod(root + path, mode) == 0 else { throw failure("make", path) }
            return true
        }
        guard errno == EEXIST || errno == ENOENT else { throw failure("make", path) }
        return errno == EEXIST
    }

    /// Writes to a file that is there: a kernel setting.
    func set(_ path: String, _ text: String) throws(CloudError) {
        let file = open(root + path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        try write(text, to: file, path)
    }

    /// Replaces a file whole: by a temporary one beside it whose name begins with a dot (dnsmasq passes those over) and a rename.
    /// Where `durably`, it survives a loss of power before this returns. Where it fails, nothing is left beside.
    func replace(_ path: String, with text: String, durably: Bool) throws(CloudError) {
        guard let cut = path.lastIndex(of: "/") else { throw failure("name", path) }
        let (directory, name) = (String(path[..<cut]), path[path.index(after: cut)...])
        let temporary = "\(directory)/.\(name).new"
        do throws(CloudError) {
            try fill(temporary, text, durably: durably)
            guard rename(root + temporary, root + path) == 0 else { throw failure("rename", path) }
        } catch {
            unlink(root + temporary)
            throw error
        }
        if durably { try sync(directory) }
    }

    private func fill(_ path: String, _ text: String, durably: Bool) throws(CloudError) {
        let file = open(root + path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure("create", path) }
        defer { close(file) }
        guard fchmod(file, 0o644) == 0 else { throw failure("open to all", path) }
        try write(text, to: file, path)
        if durably, fsync(file) != 0 { throw failure("sync", path) }
    }

    /// Adds a line to a file that is there. Where `durably`, it survives a loss of power before this returns; else only the end of the
    /// process. It begins with the end of the line before, so that one that was cut off spoils no other. Where it fails, it is taken away.
    func append(_ line: String, to path: String, durably: Bool) throws(CloudError) {
        let file = open(root + path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        let before = lseek(file, 0, SEEK_END)
        do throws(CloudError) {
            try write("\n" + line, to: file, path)
            if durably, fdatasync(file) != 0 { throw failure("sync", path) }
        } catch {
            // The system tells once that bytes did not reach the disk: whoever reads them afterwards would believe them.
            ftruncate(file, before)
            throw error
        }
    }

    /// Takes a file away; harmless where there is none.
    func remove(_ path: String) throws(CloudError) {
        guard unlink(root + path) == 0 || errno == ENOENT else { throw failure("remove", path) }
    }

    /// Renames, replacing what was there.
    func move(_ old: String, to new: String) throws(CloudError) {
        guard rename(root + old, root + new) == 0 else { throw failure("rename", old) }
    }

    /// When a file was last written, in nanoseconds of the host's clock; 0 where there is none.
    func time(_ path: String) -> Int {
        var status = stat()
        return stat(root + path, &status) == 0 ? status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec : 0
    }

    /// Takes a directory away with the files and directories in it; harmless where there is none.
    func removeTree(_ path: String) throws(CloudError) {
        var status = stat()
        guard lstat(root + path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else { return try remove(path) }
        for name in try names(path) { try removeTree("\(path)/\(name)") }
        guard rmdir(root + path) == 0 || errno == ENOENT else { throw failure("remove", path) }
    }

    /// What a symbolic link says; nil where there is none.
    func link(_ path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink(root + path, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    /// The number by which the kernel knows a file; nil where there is none.
    func inode(_ path: String) -> UInt64? {
        var status = stat()
        return stat(root + path, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    private func write(_ text: String, to file: CInt, _ path: String) throws(CloudError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    private func sync(_ directory: String) throws(CloudError) {
        let file = open(root + directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open directory", directory) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("sync", directory) }
    }

    private func failure(_ what: String, _ path: String) -> CloudError {
        CloudError(.internalFault, ["part": "files"], detail: "\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
