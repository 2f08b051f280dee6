// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// The header extensions of a qcow2 file: type, length, data padded to eight bytes, until type 0.
enum QCow2Extensions {
    static let end: UInt32 = 0
    static let backingFormat: UInt32 = 0xE279_2ACA
    static let featureNames: UInt32 = 0x6803_F857
    static let bitmaps: UInt32 = 0x2385_2875
    static let encryption: UInt32 = 0x0537_BE77
    static let externalData: UInt32 = 0x4441_5441

    /// Reads the extensions and the name of the backing file. Throws as ``QCow2Header/init(head:fileSize:)``.
    static func backing(_ data: BigEndian, from headerLength: Int, clusterSize: UInt64) throws(CloudError) -> QCow2Header.Backing? {
        guard let nameOffset = data.u64(8), let nameLength = data.u32(16) else { throw QCow2Header.malformed("the header is cut off") }
        guard (nameOffset == 0) == (nameLength == 0) else { throw QCow2Header.malformed("half a backing file is named") }
        let area = nameOffset == 0 ? clusterSize : nameOffset
        guard area >= UInt64(headerLength), area <= clusterSize else {
            throw QCow2Header.malformed("the name of its backing file lies outside the first cluster")
        }
        let format = try formatBelow(data, from: UInt64(headerLength), to: area)
        guard nameOffset != 0 else {
            // A format without a file is what a cut-off chain leaves behind; it would be trusted by the next `rebase`.
            guard format == nil else { throw CloudError(.imageForeignReference, ["reference": "backing file"]) }
            return nil
        }
        guard nameLength <= 1023, nameOffset + UInt64(nameLength) <= clusterSize, let name = data.slice(nameOffset, UInt64(nameLength)),
            let file = String(validating: name, as: UTF8.self), !file.utf8.contains(0)
        else { throw QCow2Header.malformed("the name of its backing file cannot be read") }
        return QCow2Header.Backing(file: file, format: format)
    }

    /// Walks the extensions and returns the backing format, if one is named.
    private static func formatBelow(_ data: BigEndian, from start: UInt64, to limit: UInt64) throws(CloudError) -> String? {
        var offset = start
        var seen: Set<UInt32> = []
        var format: String?
        while offset < limit {
            // Without the end's mark the area must end exactly at its limit; both sums stay far below 2^64, for length is 32 bits wide.
            guard offset + 8 <= limit, let type = data.u32(Int(offset)), let length = data.u32(Int(offset) + 4) else {
                throw QCow2Header.malformed("its header extensions are cut off")
            }
            guard type != end else { return format }
            guard offset + 8 + UInt64(length) <= limit, let content = data.slice(offset + 8, UInt64(length)) else {
                throw QCow2Header.malformed("a header extension is longer than its room")
            }
            guard seen.insert(type).inserted else { throw QCow2Header.malformed("a header extension stands twice") }
            switch type {
            case backingFormat:
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw QCow2Header.malformed("its backing format cannot be read")
                }
                format = text
            case featureNames: break
            case bitmaps: throw QCow2Header.malformed("it carries bitmaps")
            case encryption: throw QCow2Header.malformed("it is encrypted")
            case externalData: throw CloudError(.imageForeignReference, ["reference": "external data file"])
            default: throw QCow2Header.malformed("it has a header extension of the unknown type \(String(type, radix: 16))")
            }
            offset += 8 + UInt64(length).dividedUp(by: 8) * 8
        }
        return format
    }
}
