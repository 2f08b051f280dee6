// SPDX-License-Identifier: Apache-2.0

import CloudModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files of a store.
enum StoreFile {
    /// Makes an empty file that only its owner may read, for it will hold hashes of tokens and sealed passwords; leaves one that is
    /// there as it is. SQLite gives the files beside it the same rights.
    ///
    /// Throws where there is a file of less than a header: SQLite takes one of a byte for a new database, and it is one that was cut short.
    static func create(_ path: String) throws {
        let file = Self.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw refusal("the store cannot be opened", path) }
        defer { close(file) }
        guard !(1..<header).contains(lseek(file, 0, SEEK_END)) else {
            throw CloudError(.storeUnavailable, ["reason": "the store is damaged"], detail: "\(path) was cut short")
        }
    }
    /// Bytes. <https://www.sqlite.org/fileformat.html#the_database_header>
    private static let header: off_t = 100

    /// Makes a file under another name, then gives it its own: it is whole or not there, also after a power cut. Whatever fails, no
    /// part of it stays.
    static func make(_ path: String, _ write: (_ partial: String) async throws -> Void) async throws {
        guard access(path, F_OK) != 0 else { throw CloudError(.storeUnavailable, ["reason": "there is a file of that name"], detail: path) }
        let partial = path + ".partial"
        unlink(partial)
        try create(partial)
        do {
            try await write(partial)
            try synchronise(partial)
            guard rename(partial, path) == 0 else { throw refusal("the file cannot be renamed", path) }
        } catch {
            unlink(partial)
            throw error
        }
        // Where the folder does not keep the name nobody knows whether the file is there after a power cut; a repeat is to be possible.
        do { try synchronise(folder(of: path)) } catch {
            unlink(path)
            throw error
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func synchronise(_ path: String) throws {
        let file = Self.open(path, O_RDONLY | O_CLOEXEC, 0)
        guard file >= 0 else { throw refusal("the file cannot be opened", path) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw refusal("the disk of the store failed", path) }
    }

    #if canImport(Glibc)
        private static func open(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { Glibc.open(path, flags, mode) }
    #else
        private static func open(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { Darwin.open(path, flags, mode) }
    #endif

    private static func refusal(_ reason: String, _ path: String) -> CloudError {
        CloudError(.storeUnavailable, ["reason": reason], detail: "\(path): error \(errno)")
    }
}
