// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A system call that failed.
struct FileFault: Error {
    let call: String
    let number: Int32
    /// How many bytes were to be written, where that is known: the sentence of a full disk names them.
    var needed: Int64 = 0

    /// Whether the disk, or the caller's share of it, is full.
    var isFull: Bool { number == ENOSPC || number == EDQUOT }
    /// Whether the file system, or its rules, have no second names.
    var meansNoLinks: Bool { [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(number) }
    var description: String { "\(call): \(String(cString: strerror(number)))" }
}

/// An open file or folder, closed when the last user lets go. Names are resolved against an open folder and never follow a link, so
/// nothing that was put into the store by others leads out of it.
final class OpenFile: Sendable {
    let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    /// Calls again while a signal interrupts; throws what the system answered.
    @discardableResult static func call<Number: FixedWidthInteger>(_ name: String, needed: Int64 = 0, _ body: () -> Number) throws -> Number
    {
        while true {
            let result = body()
            guard result < 0 else { return result }
            guard errno == EINTR else { throw FileFault(call: name, number: errno, needed: needed) }
        }
    }

    /// Opens a folder by its absolute path.
    static func folder(_ path: String) throws -> OpenFile {
        OpenFile(try call("open \(path)") { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
    }
    /// Opens a folder inside, made where it is missing, and sees to its mode.
    func folder(_ name: String, mode: mode_t = 0o700) throws -> OpenFile {
        if mkdirat(descriptor, name, mode) != 0, errno != EEXIST { throw FileFault(call: "mkdir \(name)", number: errno) }
        let folder = OpenFile(
            try Self.call("open \(name)") { openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) })
        try Self.call("chmod \(name)") { fchmod(folder.descriptor, mode) }
        return folder
    }
    /// Opens a file inside for reading; nil where there is none.
    func file(_ name: String) throws -> OpenFile? {
        do {
            return OpenFile(try Self.call("open \(name)") { openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) })
        } catch let fault as FileFault where fault.number == ENOENT { return nil }
    }
    /// Makes a file inside that must not be there yet.
    func newFile(_ name: String) throws -> OpenFile {
        OpenFile(try Self.call("create \(name)") { openat(descriptor, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600) })
    }
    /// Opens or makes a file inside to which lines are appended.
    func appendedFile(_ name: String) throws -> OpenFile {
        OpenFile(try Self.call("open \(name)") { openat(descriptor, name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600) })
    }

    /// Whether a regular file of the name is inside.
    func contains(_ name: String) throws -> Bool {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            guard errno == ENOENT else { throw FileFault(call: "stat \(name)", number: errno) }
            return false
        }
        return status.st_mode & S_IFMT == S_IFREG
    }
    /// The bytes of the blocks that a file inside has on the disk, holes left out; nil where there is none.
    func room(of name: String) throws -> Int64? {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            guard errno == ENOENT else { throw FileFault(call: "stat \(name)", number: errno) }
            return nil
        }
        // In units of 512 bytes, whatever the blocks of the file system are.
        return Int64(status.st_blocks) * 512
    }
    /// Makes sure that a file inside is gone; says whether it was there.
    @discardableResult func unlink(_ name: String) throws -> Bool {
        guard unlinkat(descriptor, name, 0) != 0 else { return true }
        guard errno == ENOENT else { throw FileFault(call: "unlink \(name)", number: errno) }
        return false
    }
    /// Moves a file from here into another folder, in one step.
    func rename(_ name: String, to folder: OpenFile, _ newName: String) throws {
        try Self.call("rename \(name)") { renameat(descriptor, name, folder.descriptor, newName) }
    }
    /// Gives a file a second name in another folder.
    func link(_ name: String, to folder: OpenFile, _ newName: String) throws {
        try Self.call("link \(name)") { linkat(descriptor, name, folder.descriptor, newName, 0) }
    }
    /// Waits until what was written is on the disk.
    func sync() throws { try Self.call("fsync") { fsync(descriptor) } }
    /// As ``sync()``, for an appended file.
    func syncData() throws { try Self.call("fdatasync") { fdatasync(descriptor) } }
    /// Takes away every right to write.
    func protect() throws { try Self.call("chmod") { fchmod(descriptor, 0o444) } }
    /// From now on its owner may write it.
    func unprotect() throws { try Self.call("chmod") { fchmod(descriptor, 0o600) } }
    /// Whether a regular file of this folder is there that nobody may write.
    func isProtected(_ name: String) throws -> Bool {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            guard errno == ENOENT else { throw FileFault(call: "stat \(name)", number: errno) }
            return false
        }
        return status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o222 == 0
    }
    /// Sets the length; what is new is a hole.
    func truncate(to length: Int64) throws { try Self.call("truncate", needed: length) { ftruncate(descriptor, off_t(length)) } }

    /// The length; throws for what is no regular file.
    func length() throws -> Int64 {
        var status = stat()
        try Self.call("stat") { fstat(descriptor, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileFault(call: "stat", number: EINVAL) }
        return Int64(status.st_size)
    }

    /// Up to `count` bytes from `offset`; fewer only at the end of the file.
    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count, let start = buffer.baseAddress {
                let got = try Self.call("read") { pread(descriptor, start + filled, count - filled, off_t(offset) + filled) }
                guard got > 0 else { return }
                filled += got
            }
        }
    }

    /// Hands over the first `length` bytes, or as many as there are, a piece of at most 1 MiB at a time, through one buffer.
    func pieces(upTo length: Int64, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 4096) { buffer in
            guard let start = buffer.baseAddress else { return }
            var offset: Int64 = 0
            while offset < length {
                let wanted = Int(min(Int64(buffer.count), length - offset))
                let got = try Self.call("read") { pread(descriptor, start, wanted, off_t(offset)) }
                guard got > 0 else { return }
                try body(UnsafeRawBufferPointer(start: start, count: got))
                offset += Int64(got)
            }
        }
    }

    /// Writes all bytes at `offset`; with nil where the file stands (an appended file).
    func write(_ bytes: [UInt8], at offset: Int64?) throws {
        try bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, let start = buffer.baseAddress {
                done += try Self.call("write", needed: Int64(buffer.count)) {
                    offset.map { pwrite(descriptor, start + done, buffer.count - done, off_t($0) + done) }
                        ?? Glibc.write(descriptor, start + done, buffer.count - done)
                }
            }
        }
    }

    /// The names inside a folder, sorted, without the two dots.
    func names() throws -> [String] {
        // A copy of the descriptor shares its place in the folder, so the folder is opened anew.
        let own = try Self.call("open") { openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(own) else {
            let number = errno
            close(own)
            throw FileFault(call: "fdopendir", number: number)
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw FileFault(call: "readdir", number: errno) }
        return names.sorted()
    }

    /// All and free bytes of the file system.
    func space() throws -> (total: Int64, free: Int64) {
        var status = statvfs()
        try Self.call("statvfs") { fstatvfs(descriptor, &status) }
        let block = Int64(status.f_frsize)
        return (Int64(status.f_blocks) * block, Int64(status.f_bavail) * block)
    }

    /// Takes the lock on this file; false where another has it.
    func lock() throws -> Bool {
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return true }
        guard errno == EWOULDBLOCK else { throw FileFault(call: "flock", number: errno) }
        return false
    }
    /// Gives the lock back.
    func unlock() { _ = flock(descriptor, LOCK_UN) }
}
