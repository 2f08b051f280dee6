// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// The first bytes of a file and its size: all that our own judgement needs, made before any tool of QEMU sees a byte.
public struct ImageHead: Hashable, Sendable {
    /// The first ``length`` bytes of the file, or all of a smaller one.
    public let bytes: [UInt8]
    /// The size of the whole file.
    public let fileSize: ByteCount

    /// How many bytes a judgement wants to see.
    public static let length = QCow2Header.headLength

    /// The head of a file.
    public init(bytes: [UInt8], fileSize: ByteCount) {
        self.bytes = bytes
        self.fileSize = fileSize
    }

    /// Judges an upload against its declared format and returns the size of the disk in it.
    ///
    /// Throws ``CloudModel/ErrorCode/imageMalformed`` where the bytes are not what was declared, ``CloudModel/ErrorCode/imageForeignReference`` where they
    /// name another file, ``CloudModel/ErrorCode/imageTooLarge`` where the disk is larger than `limit`. The format is never guessed: what the
    /// bytes look like only ever adds a refusal.
    public func judged(as declared: ImageFormat, limit: ByteCount) throws(CloudError) -> ByteCount {
        switch declared {
        case .raw: return try rawSize(limit)
        case .qcow2: return try qcow2Size(limit)
        }
    }

    private func qcow2Size(_ limit: ByteCount) throws(CloudError) -> ByteCount {
        // Only for the sentence: without qcow2's magic number it is refused in any case.
        if BigEndian(bytes: bytes).u32(0) != QCow2Header.magic, let foreign = ForeignFormat(head: bytes) {
            throw QCow2Header.malformed("it looks like \(foreign.rawValue)")
        }
        let header = try QCow2Header(head: bytes, fileSize: fileSize, limit: limit)
        guard header.backing == nil else { throw CloudError(.imageForeignReference, ["reference": "backing file"]) }
        return header.virtualSize
    }

    private func rawSize(_ limit: ByteCount) throws(CloudError) -> ByteCount {
        func malformed(_ reason: String) -> CloudError {
            CloudError(.imageMalformed, ["declared": ImageFormat.raw.rawValue, "reason": reason])
        }
        if let foreign = ForeignFormat(head: bytes) { throw malformed("it looks like \(foreign.rawValue)") }
        guard fileSize > .zero, fileSize.bytes % 512 == 0 else { throw malformed("a disk has whole sectors of 512 bytes") }
        guard fileSize <= limit else {
            throw CloudError(.imageTooLarge, ["size": fileSize.description, "limit": limit.description])
        }
        return fileSize
    }
}
