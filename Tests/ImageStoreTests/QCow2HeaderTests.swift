// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import ImageStore
import Testing

/// The reader accepts what QEMU writes for an empty disk and refuses everything of which it is not sure; no bytes make it trap.
@Suite struct QCow2HeaderTests {
    private func judge(_ bytes: [UInt8], as declared: ImageFormat = .qcow2, limit: ByteCount = HostileImage.limit) throws -> ByteCount {
        try ImageHead(bytes: Array(bytes.prefix(ImageHead.length)), fileSize: ByteCount(bytes: Int64(bytes.count)))
            .judged(as: declared, limit: limit)
    }

    @Test func aCleanDiskIsAccepted() throws {
        #expect(try judge(QCow2Sample().bytes) == .mebibytes(1))
        #expect(try judge(QCow2Sample { $0.version = 2 }.bytes) == .mebibytes(1))
        #expect(try judge(QCow2Sample { $0.headerLength = 112 }.bytes) == .mebibytes(1))
        let zstd = QCow2Sample {
            $0.headerLength = 112
            $0.incompatible = 8
            $0.compressionType = 1
        }
        #expect(try judge(zstd.bytes) == .mebibytes(1))
        #expect(try judge(QCow2Sample { $0.extensions = [(0x6803_F857, [UInt8](repeating: 1, count: 96))] }.bytes) == .mebibytes(1))
    }

    @Test(arguments: UInt32(9)...21) func everyAllowedClusterSizeIsAccepted(bits: UInt32) throws {
        #expect(try judge(QCow2Sample { $0.clusterBits = bits }.bytes) == .mebibytes(1))
    }

    @Test func theLimitItselfIsAccepted() throws {
        let sample = QCow2Sample { $0.clusterBits = 16 }
        #expect(try judge(sample.bytes, limit: .mebibytes(1)) == .mebibytes(1))
        #expect(throws: CloudError.self) { try judge(sample.bytes, limit: ByteCount(bytes: 1 << 20 - 1)) }
        #expect(try judge([UInt8](repeating: 0, count: 512), as: .raw, limit: ByteCount(bytes: 512)).bytes == 512)
        #expect(throws: CloudError.self) { try judge([UInt8](repeating: 0, count: 1024), as: .raw, limit: ByteCount(bytes: 1023)) }
    }

    @Test(arguments: HostileImage.all) func hostileIsRefused(image: HostileImage) {
        #expect(throws: CloudError.self) { try judge(image.bytes, as: image.declared) }
        do { _ = try judge(image.bytes, as: image.declared) } catch let refusal as CloudError {
            #expect(refusal.code == image.code, "\(refusal)")
        } catch { Issue.record(error) }
    }

    @Test func everyCutOfTheHeaderIsRefused() {
        let bytes = QCow2Sample { $0.extensions = [(0x6803_F857, [UInt8](repeating: 1, count: 96))] }.bytes
        for length in 0...12288 where length < 300 || length % 97 == 0 {
            #expect(throws: CloudError.self) { try judge(Array(bytes.prefix(length))) }
        }
    }

    @Test func aFileBelowIsReadAsItStandsThere() throws {
        let sample = QCow2Sample {
            $0.backingFile = "../images/img-1"
            $0.extensions = [(0xE279_2ACA, Array("raw".utf8))]
        }
        let header = try QCow2Header(head: sample.bytes, fileSize: ByteCount(bytes: Int64(sample.bytes.count)), limit: .mebibytes(1))
        #expect(header.backing?.file == "../images/img-1")
        #expect(header.backing?.format == "raw")
    }
}
