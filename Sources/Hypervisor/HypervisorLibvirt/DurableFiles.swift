// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Glibc

    /// The few file operations that must survive a loss of power, or be seen whole or not at all. Blocking: called on a connection's
    /// thread. All throw `disk-full` or `internal-fault`.
    enum DurableFiles {
        /// Writes a file that is seen whole or not at all: beside it, then renamed. Where it is not `durable` a loss of power may leave it
        /// empty, for most file systems carry out the rename before the bytes are on the disk.
        static func write(_ bytes: [UInt8], to path: String, durable: Bool) throws(CloudError) {
            let beside = path + ".new"
            let file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard file >= 0 else { throw failure("open", beside) }
            do throws(CloudError) {
                defer { close(file) }
                try write(bytes, to: file, beside)
                if durable, fsync(file) != 0 { throw failure("fsync", beside) }
            } catch {
                unlink(beside)
                throw error
            }
            try move(beside, to: path, durable: durable)
        }

        /// Adds a line to a file that is there. Where it is not `durable` a loss of power may take it, or cut it off, and nothing before it.
        /// It begins with the end of the line before, so that one that was cut off spoils no other. Where it fails, it is taken away.
        static func append(_ line: [UInt8], to path: String, durable: Bool) throws(CloudError) {
            let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else { throw failure("open", path) }
            defer { close(file) }
            let before = lseek(file, 0, SEEK_END)
            do throws(CloudError) {
                try write([0x0A] + line, to: file, path)
                if durable, fdatasync(file) != 0 { throw failure("fdatasync", path) }
            } catch {
                // The system tells once that bytes did not reach the disk: whoever reads them afterwards would believe them.
                ftruncate(file, before)
                throw error
            }
        }

        private static func write(_ bytes: [UInt8], to file: CInt, _ path: String) throws(CloudError) {
            var written = 0
            while written < bytes.count {
                let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw failure("write", path) }
                written += count
            }
        }

        /// The bytes of a file of at most 1 MiB; nil where there is none.
        static func read(_ path: String) throws(CloudError) -> [UInt8]? {
            let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else {
                guard errno == ENOENT else { throw failure("open", path) }
                return nil
            }
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            var filled = 0
            while filled < bytes.count {
                let count = bytes[filled...].withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw failure("read", path) }
                if count == 0 { break }
                filled += count
            }
            return Array(bytes.prefix(filled))
        }

        /// Whether a regular file is there.
        static func exists(_ path: String) -> Bool {
            var info = stat()
            return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
        }

        /// Makes the bytes of a file durable.
        static func sync(_ path: String) throws(CloudError) {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw failure("open", path) }
            defer { close(file) }
            guard fsync(file) == 0 else { throw failure("fsync", path) }
        }

        /// Renames within a folder, replacing what was there.
        static func move(_ old: String, to new: String, durable: Bool = true) throws(CloudError) {
            guard rename(old, new) == 0 else { throw failure("rename", old) }
            if durable { try sync(folder(of: new)) }
        }

        /// Gives a file a second name in the same file system.
        static func link(_ old: String, to new: String) throws(CloudError) {
            guard Glibc.link(old, new) == 0 else { throw failure("link", old) }
        }

        /// Makes sure that a file is gone.
        static func remove(_ path: String) throws(CloudError) {
            guard unlink(path) == 0 else {
                guard errno == ENOENT else { throw failure("unlink", path) }
                return
            }
            try sync(folder(of: path))
        }

        /// Makes sure that a file is gone, now or, after a loss of power, the next time.
        static func forget(_ path: String) throws(CloudError) {
            guard unlink(path) == 0 || errno == ENOENT else { throw failure("unlink", path) }
        }

        /// The names in a folder, in no order.
        static func names(in folder: String) throws(CloudError) -> [String] {
            guard let directory = opendir(folder) else { throw failure("opendir", folder) }
            defer { closedir(directory) }
            var names: [String] = []
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if !name.hasPrefix(".") { names.append(name) }
            }
            return names
        }

        /// When a file was last written, in nanoseconds of the host's clock; 0 where there is none.
        static func time(_ path: String) -> Int {
            var info = stat()
            return lstat(path, &info) == 0 ? info.st_mtim.tv_sec * 1_000_000_000 + info.st_mtim.tv_nsec : 0
        }

        /// Makes sure that a folder is there, for its owner only.
        static func makeFolder(_ path: String) throws(CloudError) {
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
        }

        private static func folder(of path: String) -> String {
            path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        }

        private static func failure(_ call: String, _ path: String) -> CloudError {
            let reason = String(cString: strerror(errno))
            let detail = "\(call) \(path): \(reason)"
            return errno == ENOSPC
                ? .hostStoreFull(detail)
                : CloudError(.internalFault, ["part": "hypervisor"], detail: detail)
        }
    }

    extension CloudError {
        /// The host's store is full: the system says so, and no figures. The words are in the catalogues (CloudAPI's phrases).
        static func hostStoreFull(_ detail: String) -> CloudError {
            CloudError(.diskFull, ["store": "of the host", "needed": "more room", "free": "too little"], detail: detail)
        }
    }
#endif
