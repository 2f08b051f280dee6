// SPDX-License-Identifier: Apache-2.0

/// Deflate with fixed codes (RFC 1951), of which only runs of one byte are made short: what a screen, row less the row above, consists of.
enum Deflate {
    /// Compressed, with the frame of RFC 1950.
    static func zlib(_ bytes: [UInt8]) -> [UInt8] {
        var bits = Bits()
        bits.put(0b011, 3)  // the last block, with fixed codes
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            var end = place + 1
            while end < bytes.count, bytes[end] == byte { end += 1 }
            bits.literal(byte)
            var rest = end - place - 1
            while rest >= 3 {
                let length = min(rest, 258)
                bits.run(length)
                rest -= length
            }
            for _ in 0..<rest { bits.literal(byte) }
            place = end
        }
        bits.code(0, 7)  // the end of the block, 256
        return [0x78, 0x01] + bits.bytes() + PNG.bigEndian(adler(bytes))
    }

    /// Adler-32 (RFC 1950).
    private static func adler(_ bytes: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65521
            high = (high + low) % 65521
        }
        return high << 16 | low
    }

    private struct Bits {
        private var done: [UInt8] = []
        private var open: UInt32 = 0
        private var count = 0

        /// Bits, the lowest first.
        mutating func put(_ value: UInt32, _ width: Int) {
            open |= value << UInt32(count)
            count += width
            while count >= 8 {
                done.append(UInt8(truncatingIfNeeded: open))
                open >>= 8
                count -= 8
            }
        }

        /// A code, its highest bit first (3.1.1).
        mutating func code(_ value: UInt32, _ width: Int) {
            var (reversed, rest): (UInt32, UInt32) = (0, value)
            for _ in 0..<width {
                reversed = reversed << 1 | rest & 1
                rest >>= 1
            }
            put(reversed, width)
        }

        /// 3.2.6.
        mutating func literal(_ byte: UInt8) {
            if byte < 144 { code(0x30 + UInt32(byte), 8) } else { code(0x190 + UInt32(byte) - 144, 9) }
        }

        /// The byte before once more, 3 to 258 times: a length, and the distance 1, which is code 0 of 5 bits.
        mutating func run(_ length: Int) {
            let number = Deflate.lengths.lastIndex { $0.base <= length } ?? 0
            if number < 23 { code(UInt32(number) + 1, 7) } else { code(0xC0 + UInt32(number) - 23, 8) }
            put(UInt32(length - Deflate.lengths[number].base), Deflate.lengths[number].extra)
            code(0, 5)
        }

        mutating func bytes() -> [UInt8] {
            if count > 0 { put(0, 8 - count) }
            return done
        }
    }

    /// The codes from 257 on: the shortest length of each, and how many bits follow it (3.2.5).
    private static let lengths: [(base: Int, extra: Int)] = {
        var lengths = (3...10).map { (base: $0, extra: 0) }
        var base = 11
        for extra in 1...5 {
            for _ in 0..<4 {
                lengths.append((base: base, extra: extra))
                base += 1 << extra
            }
        }
        return lengths + [(base: 258, extra: 0)]
    }()
}
