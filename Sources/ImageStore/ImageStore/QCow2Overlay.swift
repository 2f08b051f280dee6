// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// An empty qcow2 file on another file or on nothing, written by ourselves: 256 KiB of which three pieces are not zeros.
///
/// Version 3, clusters of 64 KiB, reference counts of 16 bits, no optional feature:
/// ```
/// cluster 0   header, extension "backing format", name of the backing file; without one only the header
/// cluster 1   reference count table: one entry, to cluster 2
/// cluster 2   reference count block: 1 for each cluster of the file
/// cluster 3…  first-level table: zeros, so every read goes to the file below, or is zeros
/// ```
/// `qemu-img check` finds it clean; QEMU appends to it. Source: QEMU's `docs/interop/qcow2.txt`. Written this way because the tool takes
/// eight milliseconds and opens the file below, while this takes a tenth of one and opens nothing.
public struct QCow2Overlay: Hashable, Sendable {
    /// One piece that is not zeros.
    public struct Piece: Hashable, Sendable {
        /// Where it begins.
        public let offset: Int64
        /// What stands there.
        public let bytes: [UInt8]
    }

    /// The pieces in order; all between them is zeros, so the file can be sparse.
    public let pieces: [Piece]
    /// The length of the file, whole clusters.
    public let fileSize: ByteCount

    static let clusterBits: UInt32 = 16
    /// QEMU's limit on the first-level table (32 MiB), each entry of which addresses 512 MiB: 2 PiB.
    public static let largestVirtualSize = ByteCount.gibibytes(2 << 20)

    /// An overlay. `backingFile` is written as it is given: a path relative to the overlay's folder, or an absolute one, of 1 to 1,023
    /// bytes, no zero among them, and with no colon, which QEMU would take for a protocol's. Throws ``CloudModel/ErrorCode/invalidField``.
    public init(backingFile: String, backingFormat: ImageFormat, virtualSize: ByteCount) throws(CloudError) {
        let name = Array(backingFile.utf8)
        guard (1...1023).contains(name.count), !name.contains(0), !name.contains(UInt8(ascii: ":")) else {
            throw CloudError(
                .invalidField,
                ["pointer": "/backingFile", "reason": "a backing file's name has 1 to 1023 bytes and no colon"]
            )
        }
        try self.init(below: (name, backingFormat), virtualSize: virtualSize)
    }

    /// A disk on nothing. Throws ``CloudModel/ErrorCode/invalidField`` for what is no size of a disk.
    public init(virtualSize: ByteCount) throws(CloudError) { try self.init(below: nil, virtualSize: virtualSize) }

    private init(below: (name: [UInt8], format: ImageFormat)?, virtualSize: ByteCount) throws(CloudError) {
        guard virtualSize > .zero, virtualSize.bytes % 512 == 0, virtualSize <= Self.largestVirtualSize else {
            throw CloudError(.invalidField, ["pointer": "/virtualSize", "reason": "\(virtualSize.bytes) bytes is no size of a disk"])
        }
        let cluster = UInt64(1) << UInt64(Self.clusterBits)
        let entries = QCow2Tables.l1Entries(virtualSize: UInt64(virtualSize.bytes), clusterBits: Self.clusterBits)
        let clusters = 3 + (entries * 8).dividedUp(by: cluster)
        let name = below?.name ?? []
        let format = below.map { Self.extensions($0.format) } ?? [UInt8](repeating: 0, count: 8)
        let nameOffset = name.isEmpty ? 0 : UInt64(QCow2Header.lengthV3 + format.count)
        let header = Self.header(nameOffset: nameOffset, name.count, virtualSize, l1Entries: entries)
        pieces = [
            Piece(offset: 0, bytes: header + format + name),
            Piece(offset: Int64(cluster), bytes: (2 * cluster).bigEndianBytes(8)),
            Piece(offset: Int64(2 * cluster), bytes: (0..<clusters).flatMap { _ in UInt64(1).bigEndianBytes(2) }),
        ]
        fileSize = ByteCount(bytes: Int64(clusters * cluster))
    }

    /// The whole file.
    public var bytes: [UInt8] {
        var all = [UInt8](repeating: 0, count: Int(fileSize.bytes))
        for piece in pieces { all.replaceSubrange(Int(piece.offset)..<Int(piece.offset) + piece.bytes.count, with: piece.bytes) }
        return all
    }

    private static func header(nameOffset: UInt64, _ nameLength: Int, _ size: ByteCount, l1Entries: UInt64) -> [UInt8] {
        let cluster = UInt64(1) << UInt64(clusterBits)
        let fields: [(value: UInt64, bytes: Int)] = [
            (UInt64(QCow2Header.magic), 4), (3, 4), (nameOffset, 8), (UInt64(nameLength), 4), (UInt64(clusterBits), 4),
            (UInt64(size.bytes), 8), (0, 4),  // no encryption
            (l1Entries, 4), (3 * cluster, 8), (cluster, 8), (1, 4),  // tables
            (0, 4), (0, 8),  // no snapshots
            (0, 8), (0, 8), (0, 8),  // no features
            (4, 4), (UInt64(QCow2Header.lengthV3), 4),  // reference counts of 2^4 bits
        ]
        return fields.flatMap { $0.value.bigEndianBytes($0.bytes) }
    }

    /// The backing format, padded to eight bytes, and the end of the extensions.
    private static func extensions(_ format: ImageFormat) -> [UInt8] {
        let text = Array(format.rawValue.utf8)
        let padding = [UInt8](repeating: 0, count: (8 - text.count % 8) % 8)
        return UInt64(QCow2Extensions.backingFormat).bigEndianBytes(4) + UInt64(text.count).bigEndianBytes(4) + text + padding
            + [UInt8](repeating: 0, count: 8)
    }
}
