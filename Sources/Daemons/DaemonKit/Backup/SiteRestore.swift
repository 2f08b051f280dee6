// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudOperations
public import CloudStore
import Foundation
import Glibc
import Synchronization

/// Puts the records of a backup into a state folder that has none.
///
/// Everything is judged before anything is there: the archive is whole, its records have the SHA-256 of its manifest, the manifest was
/// sealed with the key that the folder has, and the store finds its copy sound. The records get their name last.
public struct SiteRestore {
    /// What was found and done.
    public struct Report: Sendable, CustomStringConvertible {
        /// When the backup was made, UTC.
        public let made: String
        /// What was done to the records; nil where they were only checked.
        public let settled: Restored.Report?
        /// The sentences for whoever asked.
        public var description: String {
            guard let settled else { return "The backup of \(made) is whole, and of this site." }
            return """
                The records of \(made) are back. \(settled.operations) operations that were under way then are ended, neither finished nor taken \
                back; \(settled.freed.count) instances were free of them, \(settled.images.count) half-made images and \
                \(settled.templates.count) templates without a revision are forgotten, \(settled.trashed) disks begin their time in the trash anew.
                What was made since then is in no record: start lyceumd, then compare by: lyceum audit
                """
        }
    }

    private let folder: StateFolder
    private let copies: any StoreCopies
    private let clock: any WallClock

    /// A restore into a folder, which is held until this value is gone.
    public init(into folder: StateFolder, copies: any StoreCopies, clock: any WallClock) {
        self.folder = folder
        self.copies = copies
        self.clock = clock
    }

    /// Judges a backup and, unless it is only to be checked, restores it. Where it throws, the folder is as it was; a repeat is refused,
    /// for then there are records. Throws ``ConfigurationError`` with what is wrong and what would do.
    public func run(_ backup: String, checkOnly: Bool = false) async throws -> Report {
        if !checkOnly { try requireRoom() }
        let (file, manifest, place) = try await judge(backup)
        let partial = folder.file("lyceum.db.restored")
        Self.remove(partial)
        defer { Self.remove(partial) }
        try await copy(file, from: place, manifest.bytes, to: partial)
        do {
            guard !checkOnly else {
                _ = try await copies.check(partial)
                return Report(made: manifest.made, settled: nil)
            }
            let (result, now) = (Box(), clock.now())
            try await copies.revive(partial) { store in result.value = try await Restored.settle(store, at: now) }
            try PrivateFiles.write(Array((manifest.machines + "\n").utf8), to: folder.file("machines"))
            try PrivateFiles.put(partial, in: folder.file("lyceum.db"))
            return Report(made: manifest.made, settled: result.value)
        } catch let error as CloudError { throw Self.refused(backup, "its records are refused: \(error)") }
    }

    /// A folder with records is a site that lives, or could.
    private func requireRoom() throws {
        for name in ["lyceum.db", "lyceum.db-wal"] where try PrivateFiles.size(folder.file(name)) ?? 0 > 0 {
            throw Self.refused(
                "state.folder \(folder.path)",
                "\(name) is there; a restore overwrites nothing. Move lyceum.db, lyceum.db-wal and lyceum.db-shm away")
        }
        Self.remove(folder.file("lyceum.db"))
    }

    private func judge(_ backup: String) async throws -> (file: OpenFile, manifest: BackupManifest, place: Int64) {
        let file: OpenFile
        do { file = try OpenFile(backup) } catch { throw Self.refused(backup, error.detail ?? "\(error)") }
        let block = Int64(TarHeader.block)
        guard let first = TarHeader(try file.bytes(at: 0, count: TarHeader.block)), first.name == BackupManifest.file,
            first.size <= BackupManifest.largest
        else { throw Self.refused(backup, "it is no backup of Lyceum's") }
        let text = try file.bytes(at: block, count: Int(first.size))
        let manifest = try Self.manifest(text, backup)
        let head = block + first.size + Int64(first.padding)
        guard let second = TarHeader(try file.bytes(at: head, count: TarHeader.block)), second.name == BackupManifest.records,
            second.size == manifest.bytes
        else { throw Self.refused(backup, "its records are not where the manifest says: it is damaged or cut off") }
        let end = head + block + second.size + Int64(second.padding)
        guard try file.size() >= end + Int64(TarHeader.end.count) else { throw Self.refused(backup, "it is cut off") }
        guard try file.bytes(at: end, count: TarHeader.end.count) == TarHeader.end,
            try await file.sha256(from: head + block, count: second.size) == manifest.sha256
        else { throw Self.refused(backup, "it is damaged: its records have another SHA-256 than its manifest says") }
        guard let key = try PrivateFiles.read(folder.file("site.key")) else {
            throw Self.refused(
                "state.folder \(folder.path)",
                "site.key is not there, and what the backup keeps sealed opens with no other key. Put it there first")
        }
        guard try manifest.sealed(by: SiteSealer(key: key)).seal == manifest.seal else {
            throw Self.refused(backup, "it was made with another site.key than the one in \(folder.path), or its manifest was changed")
        }
        return (file, manifest, head + block)
    }

    private static func manifest(_ text: [UInt8], _ backup: String) throws -> BackupManifest {
        let data = Data(text)
        do {
            let format = try JSONDecoder().decode(Format.self, from: data).format
            guard format == 1 else {
                throw refused(backup, "it has format \(format), and this version reads format 1: take a newer lyceumd")
            }
            return try JSONDecoder().decode(BackupManifest.self, from: data)
        } catch is DecodingError { throw refused(backup, "its manifest is damaged") }
    }

    private func copy(_ file: OpenFile, from place: Int64, _ count: Int64, to path: String) async throws {
        let copy = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard copy >= 0 else { throw PrivateFiles.failure("write", path) }
        defer { close(copy) }
        try await file.pieces(from: place, count: count) { try PrivateFiles.write($0, into: copy, path) }
        guard fsync(copy) == 0 else { throw PrivateFiles.failure("write", path) }
    }

    private static func remove(_ path: String) { for end in ["", "-wal", "-shm"] { unlink(path + end) } }

    private static func refused(_ place: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(place: place, reason: reason)
    }

    /// What every format says.
    private struct Format: Decodable { let format: Int }
}

/// What a function told.
private final class Box: Sendable {
    private let inner = Mutex<Restored.Report?>(nil)
    var value: Restored.Report? {
        get { inner.withLock { $0 } }
        set { inner.withLock { $0 = newValue } }
    }
}
