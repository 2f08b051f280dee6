// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// An upload that every image store refuses, with the refusal that is due. The attacks are those of the field: a file of the host as
/// backing file (CVE-2015-5163, CVE-2024-45219), as external data file (CVE-2024-32498) or in a VMDK descriptor (CVE-2022-47951),
/// absurd sizes (CVE-2013-2096, CVE-2015-5162), tables that lie.
public struct HostileImage: Sendable, CustomStringConvertible {
    /// What is wrong with it.
    public let description: String
    /// What it is said to be.
    public let declared: ImageFormat
    /// The refusal that is due.
    public let code: ErrorCode
    /// The upload.
    public let bytes: [UInt8]

    private init(_ description: String, _ declared: ImageFormat, _ code: ErrorCode, _ bytes: [UInt8]) {
        self.description = description
        self.declared = declared
        self.code = code
        self.bytes = bytes
    }
    private init(_ description: String, _ code: ErrorCode, _ change: (inout QCow2Sample) -> Void) {
        self.init(description, .qcow2, code, QCow2Sample(change).bytes)
    }

    /// All of them. The limit for the virtual size that goes with them is ``limit``.
    public static var all: [HostileImage] { references + sizes + features + tables + disguises }
    /// 1 TiB.
    public static let limit = ByteCount.gibibytes(1024)

    private static let backingFormat: UInt32 = 0xE279_2ACA
    private static let externalData: UInt32 = 0x4441_5441

    /// Names of other files.
    private static var references: [HostileImage] {
        let names = ["/etc/passwd", "../../../etc/shadow", "json:{\"driver\":\"file\"}", "nbd://127.0.0.1/x", "/proc/self/environ"]
        return names.flatMap { name in
            [
                HostileImage("backing file \(name)", .imageForeignReference) { $0.backingFile = name },
                HostileImage("backing file \(name) as raw", .imageForeignReference) {
                    $0.backingFile = name
                    $0.extensions = [(backingFormat, Array("raw".utf8))]
                },
                HostileImage("backing file \(name) in version 2", .imageForeignReference) {
                    $0.version = 2
                    $0.backingFile = name
                },
            ]
        } + [
            HostileImage("backing format without a file", .imageForeignReference) { $0.extensions = [(backingFormat, Array("raw".utf8))] },
            HostileImage("backing file without a name", .imageMalformed) { $0.backingOffset = 200 },
            HostileImage("backing file's name behind the cluster", .imageMalformed) {
                $0.backingFile = "/etc/passwd"
                $0.backingOffset = 1 << 40
            },
            HostileImage("backing file's name before the header's end", .imageMalformed) {
                $0.backingFile = "/etc/passwd"
                $0.backingOffset = 8
            },
            HostileImage("bit for an external data file", .imageForeignReference) { $0.incompatible = 4 },
            HostileImage("name of an external data file", .imageForeignReference) {
                $0.extensions = [(externalData, Array("/etc/passwd".utf8))]
            },
            HostileImage("external data file, bit and name", .imageForeignReference) {
                $0.incompatible = 4
                $0.extensions = [(externalData, Array("/etc/passwd".utf8))]
            },
            HostileImage("external data file behind feature names", .imageForeignReference) {
                $0.extensions = [(0x6803_F857, [UInt8](repeating: 0, count: 48)), (externalData, Array("/etc/passwd".utf8))]
            },
        ]
    }

    private static var sizes: [HostileImage] {
        [
            HostileImage("4 PiB in large clusters", .imageTooLarge) {
                $0.clusterBits = 21
                $0.virtualSize = 1 << 52
                $0.cutAt = 1 << 17
            },
            HostileImage("4 PiB", .imageTooLarge) {
                $0.clusterBits = 16
                $0.virtualSize = 1 << 52
            },
            HostileImage("2^64 - 512 bytes", .imageTooLarge) { $0.virtualSize = .max - 511 },
            HostileImage("2^64 - 1 bytes", .imageMalformed) { $0.virtualSize = .max },
            HostileImage("one sector over the limit", .imageTooLarge) {
                $0.clusterBits = 16
                $0.virtualSize = 1 << 40 + 512
            },
            HostileImage("no bytes", .imageMalformed) { $0.virtualSize = 0 },
            HostileImage("half a sector", .imageMalformed) { $0.virtualSize = 256 },
        ]
    }

    private static var features: [HostileImage] {
        [(0, "dirty"), (1, "corrupt"), (4, "extended entries"), (5, "unknown"), (63, "unknown")].map { bit, name in
            HostileImage("incompatible bit \(bit), \(name)", .imageMalformed) { $0.incompatible = 1 << UInt64(bit) }
        } + [
            HostileImage("compression bit without a type", .imageMalformed) { $0.incompatible = 8 },
            HostileImage("compression type without its bit", .imageMalformed) {
                $0.headerLength = 112
                $0.compressionType = 1
            },
            HostileImage("unknown compression", .imageMalformed) {
                $0.incompatible = 8
                $0.headerLength = 112
                $0.compressionType = 2
            },
            HostileImage("encrypted by AES", .imageMalformed) { $0.crypt = 1 },
            HostileImage("encrypted by LUKS", .imageMalformed) { $0.crypt = 2 },
            HostileImage("encryption header", .imageMalformed) { $0.extensions = [(0x0537_BE77, [UInt8](repeating: 0, count: 16))] },
            HostileImage("bitmaps", .imageMalformed) { $0.extensions = [(0x2385_2875, [UInt8](repeating: 0, count: 24))] },
            HostileImage("unknown extension", .imageMalformed) { $0.extensions = [(0x1234_5678, [1])] },
            HostileImage("an extension twice", .imageMalformed) { $0.extensions = [(0x6803_F857, []), (0x6803_F857, [])] },
            HostileImage("an extension longer than the cluster", .imageMalformed) {
                $0.extensions = [(0x6803_F857, [UInt8](repeating: 0, count: 5000))]
            },
            HostileImage("internal snapshots", .imageMalformed) { $0.snapshots = 1 },
            HostileImage("version 1", .imageMalformed) { $0.version = 1 },
            HostileImage("version 4", .imageMalformed) { $0.version = 4 },
            HostileImage("short header", .imageMalformed) { $0.headerLength = 72 },
            HostileImage("endless header", .imageMalformed) { $0.headerLength = .max },
            HostileImage("wide reference counts", .imageMalformed) { $0.refcountOrder = 7 },
        ]
            + [8, 22, 64, UInt32.max].map { (bits: UInt32) in
                HostileImage("clusters of 2^\(bits)", .imageMalformed) { $0.clusterBits = bits }
            }
    }

    private static var tables: [HostileImage] {
        [
            HostileImage("first-level table too small", .imageMalformed) {
                $0.virtualSize = 1 << 30
                $0.l1Size = 1
            },
            HostileImage("first-level table of 32 GiB", .imageMalformed) { $0.l1Size = .max },
            HostileImage("first-level table outside", .imageMalformed) { $0.l1Offset = 1 << 40 },
            HostileImage("first-level table at the end of the numbers", .imageMalformed) { $0.l1Offset = .max - 4095 },
            HostileImage("first-level table at no border", .imageMalformed) { $0.l1Offset = 3 << 12 + 8 },
            HostileImage("first-level table on the header", .imageMalformed) { $0.l1Offset = 0 },
            HostileImage("tables on one another", .imageMalformed) { $0.l1Offset = 1 << 12 },
            HostileImage("no reference count table", .imageMalformed) { $0.refcountClusters = 0 },
            HostileImage("reference count table of 16 TiB", .imageMalformed) { $0.refcountClusters = .max },
            HostileImage("reference count table outside", .imageMalformed) { $0.refcountOffset = 1 << 63 },
        ]
            + [0, 3, 4, 24, 40, 71, 100, 103, 4096, 12288].map { (length: Int) in
                HostileImage("cut off after \(length) bytes", .imageMalformed) { $0.cutAt = length }
            }
    }

    private static var disguises: [HostileImage] {
        func padded(_ text: String, to length: Int = 1024) -> [UInt8] {
            Array(text.utf8) + [UInt8](repeating: 0, count: length - text.utf8.count)
        }
        let descriptor = "# Disk DescriptorFile\nversion=1\ncreateType=\"monolithicFlat\"\nRW 2 FLAT \"/etc/passwd\" 0\n"
        return [
            HostileImage("VMDK descriptor declared raw", .raw, .imageMalformed, padded(descriptor)),
            HostileImage(
                "VMDK descriptor without its first line", .raw, .imageMalformed,
                padded("# notes\n\n  Version = 3\nRW 2 FLAT \"/etc/passwd\" 0\n")),
            HostileImage("sparse VMDK declared raw", .raw, .imageMalformed, padded("KDMV")),
            HostileImage("VMDK of ESX declared raw", .raw, .imageMalformed, padded("COWD")),
            HostileImage("VMDK declared qcow2", .qcow2, .imageMalformed, padded(descriptor)),
            HostileImage("VHDX declared raw", .raw, .imageMalformed, padded("vhdxfile")),
            HostileImage("VHD declared raw", .raw, .imageMalformed, padded("conectix")),
            HostileImage(
                "VDI declared raw", .raw, .imageMalformed,
                [UInt8](repeating: 0, count: 64) + [0x7F, 0x10, 0xDA, 0xBE] + padded("", to: 444)),
            HostileImage("QED declared raw", .raw, .imageMalformed, padded("QED")),
            HostileImage("ISO 9660 declared raw", .raw, .imageMalformed, [UInt8](repeating: 0, count: 32769) + padded("CD001", to: 511)),
            HostileImage("gzip declared raw", .raw, .imageMalformed, [0x1F, 0x8B, 0x08] + padded("", to: 509)),
            HostileImage("qcow2 declared raw", .raw, .imageMalformed, QCow2Sample().bytes),
            HostileImage(
                "qcow2 with a backing file declared raw", .raw, .imageMalformed, QCow2Sample { $0.backingFile = "/etc/passwd" }.bytes),
            HostileImage("zeros declared qcow2", .qcow2, .imageMalformed, padded("")),
            HostileImage("nothing declared raw", .raw, .imageMalformed, []),
            HostileImage("half a sector declared raw", .raw, .imageMalformed, padded("x", to: 511)),
        ]
    }
}
