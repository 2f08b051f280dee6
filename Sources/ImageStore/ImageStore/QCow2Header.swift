// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// The header of a qcow2 file, read strictly from its first bytes before any tool of QEMU sees them.
///
/// Versions 2 and 3 as in QEMU's `docs/interop/qcow2.txt`. What is not known to be harmless is refused:
/// - the incompatible bits *dirty* and *corrupt* (the reference counts cannot be trusted, and a base is never repaired in place),
///   *external data file* (it names another file: CVE-2024-32498), *extended L2 entries* and all unknown ones; only *compression
///   type* is accepted, with zlib or zstd;
/// - header extensions of unknown types (a later one might name a file, as the external data file once did), bitmaps (tables that QEMU
///   would read at open, and of no use in a base), encryption in either spelling;
/// - internal snapshots: content that no one sees and that would travel with the image.
///
/// A backing file is not refused here, for our overlays have one: see ``backing``. Every number is untrusted, so all sums are checked.
public struct QCow2Header: Hashable, Sendable {
    /// A reference to the file below.
    public struct Backing: Hashable, Sendable {
        /// The name as it stands in the file, at most 1,023 bytes of UTF-8.
        public let file: String
        /// The format that the file below is said to have; nil where the header leaves it to be guessed.
        public let format: String?
    }

    /// 2 or 3.
    public let version: UInt32
    /// 9 to 21: a cluster has 2 to this power bytes.
    public let clusterBits: UInt32
    /// The size of the disk, a multiple of 512 and not zero.
    public let virtualSize: ByteCount
    /// The file below, if any.
    public let backing: Backing?

    /// How many of a file's first bytes ``init(head:fileSize:limit:)`` wants to see, or all of a smaller file. Header, extensions and
    /// backing file's name lie well within.
    public static let headLength = 65536

    /// Reads a header. `head` is the file's first ``headLength`` bytes, or all of them. Throws ``CloudModel/ErrorCode/imageMalformed`` with the
    /// reason, ``CloudModel/ErrorCode/imageForeignReference`` for an external data file, and ``CloudModel/ErrorCode/imageTooLarge`` where the disk is larger
    /// than `limit`.
    public init(head: [UInt8], fileSize: ByteCount, limit: ByteCount) throws(CloudError) {
        let data = BigEndian(bytes: head)
        guard let magic = data.u32(0), magic == Self.magic else { throw Self.malformed("it does not begin with qcow2's magic number") }
        guard let version = data.u32(4) else { throw Self.malformed("the header is cut off") }
        guard version == 2 || version == 3 else { throw Self.malformed("version \(version) is unknown") }
        guard let bits = data.u32(20), let rawSize = data.u64(24), let crypt = data.u32(32), let snapshots = data.u32(60),
            data.u64(Self.lengthV2 - 8) != nil
        else { throw Self.malformed("the header is cut off") }
        guard (9...21).contains(bits) else { throw Self.malformed("a cluster of 2^\(bits) bytes is not allowed") }
        guard rawSize > 0, rawSize % 512 == 0 else { throw Self.malformed("\(rawSize) bytes is no size of a disk") }
        guard let size = Int64(exactly: rawSize), size <= limit.bytes else {
            throw CloudError(
                .imageTooLarge,
                [
                    "size": Int64(exactly: rawSize).map { ByteCount(bytes: $0).description } ?? "\(rawSize) bytes",
                    "limit": limit.description,
                ])
        }
        guard crypt == 0 else { throw Self.malformed("it is encrypted") }
        guard snapshots == 0 else { throw Self.malformed("it has internal snapshots") }
        let headerLength = try Self.features(data, version: version)
        guard UInt64(headerLength) <= 1 << UInt64(bits) else { throw Self.malformed("the header is longer than a cluster") }

        self.version = version
        clusterBits = bits
        virtualSize = ByteCount(bytes: size)
        try QCow2Tables.check(data, clusterBits: bits, virtualSize: rawSize, fileSize: UInt64(fileSize.bytes))
        backing = try QCow2Extensions.backing(data, from: headerLength, clusterSize: 1 << UInt64(bits))
    }

    /// What a file says that it lies on, whatever else is wrong with it: QEMU marks a disk whose tables it found broken, and it lies on its
    /// base all the same. `head` is as for ``init(head:fileSize:limit:)``; a page is enough where the name is short. Throws
    /// ``CloudModel/ErrorCode/imageMalformed`` and ``CloudModel/ErrorCode/imageForeignReference`` where that cannot be read.
    public static func backing(head: [UInt8]) throws(CloudError) -> Backing? {
        let data = BigEndian(bytes: head)
        guard data.u32(0) == magic, let version = data.u32(4), let bits = data.u32(20), (9...21).contains(bits) else {
            throw malformed("its header cannot be read")
        }
        let length = version == 2 ? lengthV2 : Int(data.u32(100) ?? 0)
        return try QCow2Extensions.backing(data, from: length, clusterSize: 1 << UInt64(bits))
    }

    /// `QFI` and 0xFB.
    static let magic: UInt32 = 0x5146_49FB
    static let lengthV2 = 72
    static let lengthV3 = 104

    /// Judges what only version 3 has, and says how long the header is.
    private static func features(_ data: BigEndian, version: UInt32) throws(CloudError) -> Int {
        guard version == 3 else { return lengthV2 }
        guard let incompatible = data.u64(72), let order = data.u32(96), let length = data.u32(100) else {
            throw malformed("the header is cut off")
        }
        let compressionType: UInt64 = 1 << 3
        for (bit, name) in [(UInt64(1) << 0, "it was not closed cleanly"), (1 << 1, "it is marked as corrupt")]
        where incompatible & bit != 0 {
            throw malformed(name)
        }
        guard incompatible & (1 << 2) == 0 else { throw CloudError(.imageForeignReference, ["reference": "external data file"]) }
        guard incompatible & ~compressionType == 0 else { throw malformed("it needs features that are not accepted") }
        guard order <= 6 else { throw malformed("a reference count of 2^\(order) bits is not allowed") }
        // 104 is version 3 as first written, 112 what QEMU writes since 5.1 (with the compression type). Others are not known to exist.
        guard length == 104 || length == 112 else { throw malformed("a header of \(length) bytes is unknown") }
        guard data.bytes.count >= Int(length) else { throw malformed("the header is cut off") }
        let compression = length == 112 ? data.u8(104) ?? 0 : 0
        guard length == 104 || data.bytes[105..<112].allSatisfy({ $0 == 0 }) else { throw malformed("the header's padding is not empty") }
        // The bit says "not zlib", so it and the field must agree (zlib 0, zstd 1).
        guard compression == (incompatible & compressionType == 0 ? 0 : 1) else { throw malformed("its compression type is unknown") }
        return Int(length)
    }

    static func malformed(_ reason: String) -> CloudError {
        CloudError(.imageMalformed, ["declared": ImageFormat.qcow2.rawValue, "reason": reason])
    }
}
