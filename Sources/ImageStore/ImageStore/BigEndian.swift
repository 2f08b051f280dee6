// SPDX-License-Identifier: Apache-2.0

/// Big-endian numbers out of untrusted bytes: nil where the bytes end too early, never a trap.
struct BigEndian {
    let bytes: [UInt8]

    func number(at offset: Int, length: Int) -> UInt64? {
        guard offset >= 0, (1...8).contains(length), offset <= bytes.count - length else { return nil }
        return bytes[offset..<offset + length].reduce(0) { $0 << 8 | UInt64($1) }
    }
    func u8(_ offset: Int) -> UInt8? { number(at: offset, length: 1).map(UInt8.init(truncatingIfNeeded:)) }
    func u32(_ offset: Int) -> UInt32? { number(at: offset, length: 4).map(UInt32.init(truncatingIfNeeded:)) }
    func u64(_ offset: Int) -> UInt64? { number(at: offset, length: 8) }

    /// The bytes of a range that was computed from untrusted numbers; nil where they are not all there.
    func slice(_ offset: UInt64, _ length: UInt64) -> ArraySlice<UInt8>? {
        let (end, overflow) = offset.addingReportingOverflow(length)
        guard !overflow, end <= UInt64(bytes.count) else { return nil }
        return bytes[Int(offset)..<Int(end)]
    }
}

/// A range in a file, out of untrusted numbers.
struct FileRange {
    let start: UInt64
    let end: UInt64

    /// Nil where the end overflows or lies behind the file's.
    init?(start: UInt64, length: UInt64, fileSize: UInt64) {
        let (end, overflow) = start.addingReportingOverflow(length)
        guard !overflow, end <= fileSize else { return nil }
        self.start = start
        self.end = end
    }
    func overlaps(_ other: FileRange) -> Bool { start < other.end && other.start < end }
}

extension UInt64 {
    /// Division rounded up; without overflow.
    func dividedUp(by divisor: UInt64) -> UInt64 { self / divisor + (self % divisor == 0 ? 0 : 1) }
    /// Big-endian bytes of the low `count` bytes.
    func bigEndianBytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: self >> UInt64(8 * (count - 1 - $0))) } }
}
