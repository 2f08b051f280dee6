// SPDX-License-Identifier: Apache-2.0

/// What bytes look like that are neither a disk's own bytes nor qcow2.
///
/// A file that is declared *raw* and begins like one of these is refused: its owner meant something else, or wants a tool that guesses
/// to open it (CVE-2022-47951: a VMDK descriptor leaked a file of the host). The magic numbers are those of QEMU's own probes and of
/// the formats' documents.
enum ForeignFormat: String, CaseIterable {
    case bochs = "Bochs"
    case bzip2
    case cloop
    case gzip
    case iso9660 = "ISO 9660"
    case luks = "LUKS"
    case lz4
    case parallels = "Parallels"
    case qcow
    case qed = "QED"
    case sevenZip = "7z"
    case tar
    case vdi = "VDI"
    case vhd = "VHD"
    case vhdx = "VHDX"
    case vmdk = "VMDK"
    case xz
    case zip
    case zstd

    /// What the first bytes of a file look like; nil where none of the known formats begins so. Wants 32,774 bytes to know ISO 9660.
    init?(head: [UInt8]) {
        let found = Self.magics.first { _, offset, magic in
            head.count >= offset + magic.count && head[offset..<offset + magic.count].elementsEqual(magic)
        }
        if let found {
            self = found.format
        } else if Self.isDescriptor(head) {
            self = .vmdk
        } else {
            return nil
        }
    }

    private static let magics: [(format: ForeignFormat, offset: Int, magic: [UInt8])] = [
        (.qcow, 0, [0x51, 0x46, 0x49, 0xFB]),
        (.vmdk, 0, Array("KDMV".utf8)),
        (.vmdk, 0, Array("COWD".utf8)),
        (.vmdk, 0, [0xBE, 0xBA, 0xFE, 0xCA, 0, 0, 0, 0]),
        (.vmdk, 0, Array("# Disk DescriptorFile".utf8)),
        (.vdi, 64, [0x7F, 0x10, 0xDA, 0xBE]),
        (.vhdx, 0, Array("vhdxfile".utf8)),
        (.vhd, 0, Array("conectix".utf8)),
        (.qed, 0, Array("QED\0".utf8)),
        (.parallels, 0, Array("WithoutFreeSpace".utf8)),
        (.parallels, 0, Array("WithouFreSpacExt".utf8)),
        (.bochs, 0, Array("Bochs Virtual HD Image".utf8)),
        (.cloop, 0, Array("#!/bin/sh\n#V2.0 Format\nmodprobe cloop".utf8)),
        (.luks, 0, [0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE]),
        (.iso9660, 32769, Array("CD001".utf8)),
        (.gzip, 0, [0x1F, 0x8B, 0x08]),
        (.bzip2, 0, Array("BZh".utf8)),
        (.xz, 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        (.zstd, 0, [0x28, 0xB5, 0x2F, 0xFD]),
        (.lz4, 0, [0x04, 0x22, 0x4D, 0x18]),
        (.zip, 0, [0x50, 0x4B, 0x03, 0x04]),
        (.sevenZip, 0, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        (.tar, 257, Array("ustar".utf8)),
    ]

    /// QEMU takes text for a VMDK descriptor when, after empty lines and comments, it says `version=1`, 2 or 3 (`vmdk_probe`); so
    /// looking for the usual first line alone would let a disguised one through. Spaces and letter case are forgiven here, lest a
    /// laxer tool be fooled.
    private static func isDescriptor(_ head: [UInt8]) -> Bool {
        for line in head.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let letters = line.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0 }
            if letters.isEmpty || letters.first == 0x23 { continue }
            return String(decoding: letters.prefix(9), as: UTF8.self).lowercased().hasPrefix("version=")
        }
        return false
    }
}
