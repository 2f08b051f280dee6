// SPDX-License-Identifier: Apache-2.0

import CloudModel
import ImageStore
import Testing

/// An overlay is the same bytes for the same words, our own reader reads back what was written, and no name or size makes it trap.
@Suite struct QCow2OverlayTests {
    @Test func theBytesAreGolden() throws {
        let overlay = try QCow2Overlay(backingFile: "../images/img-7", backingFormat: .raw, virtualSize: .gibibytes(1))
        #expect(overlay.fileSize == .kibibytes(256))
        #expect(
            overlay.pieces.map(\.offset) == [0, 65536, 131072]
                && overlay.pieces[0].bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                    == [
                        "514649fb", "00000003",  // magic, version
                        "0000000000000080", "0000000f",  // the name stands at 128 and has 15 bytes
                        "00000010", "0000000040000000", "00000000",  // clusters of 2^16, 1 GiB, not encrypted
                        "00000002", "0000000000030000",  // first-level table: two entries, in cluster 3
                        "0000000000010000", "00000001",  // reference count table: cluster 1, one cluster
                        "00000000", "0000000000000000",  // no snapshots
                        "0000000000000000", "0000000000000000", "0000000000000000",  // no features
                        "00000004", "00000068",  // counts of 2^4 bits, header of 104 bytes
                        "e2792aca", "00000003", "7261770000000000",  // backing format: raw
                        "0000000000000000",  // end of extensions
                        "2e2e2f696d616765732f696d672d37",  // ../images/img-7
                    ].joined()
        )
        #expect(overlay.pieces[1].bytes == [0, 0, 0, 0, 0, 2, 0, 0])
        #expect(overlay.pieces[2].bytes == [0, 1, 0, 1, 0, 1, 0, 1])
    }

    @Test func whatIsWrittenIsReadBack() throws {
        var random = SplitMix(state: 5)
        for _ in 0..<300 {
            let sectors = 1 + random.next() >> (23 + UInt64(random.below(40)))
            let size = ByteCount(bytes: Int64(min(sectors, 1 << 32)) * 512)
            let name = String(repeating: "ä/", count: 1 + random.below(341))
            let format = ImageFormat.allCases[random.below(2)]
            let overlay = try QCow2Overlay(backingFile: name, backingFormat: format, virtualSize: size)
            let header = try QCow2Header(head: Array(overlay.pieces[0].bytes) + zeros(overlay), fileSize: overlay.fileSize, limit: size)
            #expect(header.virtualSize == size && header.backing?.file == name && header.backing?.format == format.rawValue)
        }
    }

    /// The rest of the head: the reader looks at the first cluster only, and the name's end is its last byte that is not zero.
    private func zeros(_ overlay: QCow2Overlay) -> [UInt8] { [UInt8](repeating: 0, count: 65536 - overlay.pieces[0].bytes.count) }

    @Test func theWholeFileIsItsPieces() throws {
        let overlay = try QCow2Overlay(backingFile: "b", backingFormat: .qcow2, virtualSize: ByteCount(bytes: 512))
        let bytes = overlay.bytes
        #expect(bytes.count == 262_144)
        for piece in overlay.pieces { #expect(Array(bytes[Int(piece.offset)..<Int(piece.offset) + piece.bytes.count]) == piece.bytes) }
        let head = ImageHead(bytes: Array(bytes.prefix(ImageHead.length)), fileSize: overlay.fileSize)
        #expect(throws: CloudError(.imageForeignReference, ["reference": "backing file"])) {
            try head.judged(as: .qcow2, limit: .gibibytes(1))
        }
    }

    @Test func largeDisksGetLargeTables() throws {
        let overlay = try QCow2Overlay(backingFile: "b", backingFormat: .qcow2, virtualSize: QCow2Overlay.largestVirtualSize)
        #expect(overlay.fileSize.bytes == (3 + 512) * 65536)
        #expect(overlay.pieces[2].bytes.count == 2 * 515)
    }

    @Test(arguments: ["", "a:b", "nbd://x", "a\0b", String(repeating: "x", count: 1024)]) func aNameThatMisleadsIsRefused(name: String) {
        #expect(throws: CloudError.self) { try QCow2Overlay(backingFile: name, backingFormat: .raw, virtualSize: .mebibytes(1)) }
    }

    @Test(arguments: [Int64(0), 511, 513, 1 << 51 + 512, .max]) func anAbsurdSizeIsRefused(size: Int64) {
        #expect(throws: CloudError.self) { try QCow2Overlay(backingFile: "b", backingFormat: .raw, virtualSize: ByteCount(bytes: size)) }
    }
}
