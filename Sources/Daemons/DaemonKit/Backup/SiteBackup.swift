// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import CloudHTTP
    public import CloudModel
    public import CloudStore
    import Crypto
    import Glibc
    import Synchronization

    /// Makes backups of a site that goes on working: a tar archive of a manifest and of the records, copied at one moment and checked.
    ///
    /// What is secret in the records is sealed with the site's key, which is not in it. Neither are disks, images and the memory of what
    /// sleeps: those are files of the host, to be copied like others.
    public struct SiteBackup: BackupSource {
        /// What a backup is made of.
        public struct Parts: Sendable {
            let store: any StoreBackup
            let copies: any StoreCopies
            let sealer: SiteSealer
            let clock: any WallClock
            let version: String
            /// The parts; `version` is the daemon's.
            public init(
                store: any StoreBackup, copies: any StoreCopies, sealer: SiteSealer, clock: any WallClock, version: String
            ) {
                self.store = store
                self.copies = copies
                self.sealer = sealer
                self.clock = clock
                self.version = version
            }
        }

        private let parts: Parts
        private let folder: StateFolder
        private let machines: StateFolder.Machines
        private let isUnderWay = Latch()

        /// Backups of the site in a folder.
        public init(_ parts: Parts, of folder: StateFolder, _ machines: StateFolder.Machines) {
            self.parts = parts
            self.folder = folder
            self.machines = machines
        }

        /// A backup of this moment, checked before its first byte is given. Throws `unavailable` until another is made and sent, or let
        /// go, for each needs as much room as the records, and `store-unavailable` where the copy cannot be made or is not whole.
        public func backup() async throws -> BackupBytes {
            guard let turn = isUnderWay.close() else {
                throw CloudError(.unavailable, ["part": "backup"], detail: "another backup is being made or sent")
            }
            let path = folder.file("backup.db")
            // What a killed manager left. From here on the file has no name once it is open, so that nothing can leave it behind.
            unlink(path)
            let made = parts.clock.now()
            let file: OpenFile
            let schema: Int
            do {
                defer { unlink(path) }
                try await parts.store.backup(to: path)
                schema = try await parts.copies.check(path)
                file = try OpenFile(path)
            }
            let size = try file.size()
            guard size <= TarHeader.largest else {
                throw CloudError(.storeUnavailable, ["reason": "the records are too large for a backup"])
            }
            let manifest = try BackupManifest(
                made: LogTime.text(made), daemon: parts.version, machines: machines.rawValue, schema: schema, bytes: size,
                sha256: try await file.sha256()
            ).sealed(by: parts.sealer).text()
            return Self.archive(manifest, file, size, at: made.milliseconds / 1000, turn)
        }

        private static func archive(
            _ manifest: [UInt8], _ file: OpenFile, _ size: Int64, at seconds: Int64, _ turn: Turn
        ) -> BackupBytes {
            let first = TarHeader(name: BackupManifest.file, size: Int64(manifest.count), modified: seconds)
            let second = TarHeader(name: BackupManifest.records, size: size, modified: seconds)
            func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
            let head = first.bytes + manifest + zeros(first.padding) + second.bytes
            let tail = zeros(second.padding) + TarHeader.end
            return BackupBytes(size: Int64(head.count) + size + Int64(tail.count)) { send in
                defer { turn.end() }
                try await send(head)
                try await file.pieces { try await send($0) }
                try await send(tail)
            }
        }
    }

    /// Lets one in at a time.
    private final class Latch: Sendable {
        private let isClosed = Mutex(false)
        /// Closed until the turn has ended; nil where it is closed already.
        func close() -> Turn? {
            let wasClosed = isClosed.withLock { closed in
                defer { closed = true }
                return closed
            }
            return wasClosed ? nil : Turn(self)
        }
        func open() { isClosed.withLock { $0 = false } }
    }

    /// Whom a latch let in. It is opened once: at ``end()``, or with the last who holds this, for an answer whose head could not be
    /// written is dropped, and the function of its stream never runs.
    private final class Turn: Sendable {
        private let isOver = Mutex(false)
        private let latch: Latch

        init(_ latch: Latch) { self.latch = latch }

        /// A repeat is harmless.
        func end() {
            let wasOver = isOver.withLock { over in
                defer { over = true }
                return over
            }
            if !wasOver { latch.open() }
        }

        deinit { end() }
    }
#endif
