// SPDX-License-Identifier: Apache-2.0

/// Portable network graphics (ISO/IEC 15948): with a palette where a picture has at most 256 colours, as most screens have, otherwise
/// with three bytes a pixel. Each row is written as its difference from the one above, so what repeats is zeros.
enum PNG {
    static func encoded(_ picture: ScreenPicture) -> [UInt8] {
        let palette = Palette(of: picture)
        let depth = palette?.depth ?? 8
        let head =
            bigEndian(UInt32(picture.width)) + bigEndian(UInt32(picture.height)) + [UInt8(depth), palette == nil ? 2 : 3, 0, 0, 0]
        let rows =
            palette.map { $0.rows }
            ?? stride(from: 0, to: picture.pixels.count, by: picture.width * 3).map { start in
                Array(picture.pixels[start..<start + picture.width * 3])
            }
        return signature + chunk("IHDR", head) + (palette.map { chunk("PLTE", $0.entries) } ?? [])
            + chunk("IDAT", Deflate.zlib(filtered(rows))) + chunk("IEND", [])
    }

    /// What keeps foreign bytes from being a picture that may be handed on; nil for nothing. What its compressed rows hold is looked at by
    /// whoever shows it.
    static func flaw(of file: [UInt8]) -> String? {
        guard file.count <= 1 << 24, file.starts(with: signature) else { return "these are no bytes of a PNG, or too many" }
        func number(_ place: Int) -> Int { file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        var (place, isFirst) = (signature.count, true)
        while place + 12 <= file.count {
            let (length, type) = (number(place), Array(file[place + 4..<place + 8]))
            guard length <= file.count - place - 12 else { return "a chunk is cut off" }
            let body = Array(file[place + 4..<place + 8 + length])
            guard number(place + 8 + length) == Int(checksum(body)) else { return "a chunk's sum is wrong" }
            if isFirst {
                guard type == Array("IHDR".utf8), length == 13, ScreenPicture.isAllowed(number(place + 8), number(place + 12)) else {
                    return "its head is none, or of too many pixels"
                }
            }
            (place, isFirst) = (place + 12 + length, false)
            if type == Array("IEND".utf8) { return place == file.count && length == 0 ? nil : "something follows its end" }
        }
        return "it has no end"
    }

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Filter 2, *up*: a row is the difference from the one above (9.2).
    private static func filtered(_ rows: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(rows.count * ((rows.first?.count ?? 0) + 1))
        var above: [UInt8]?
        for row in rows {
            bytes.append(2)
            if let above {
                for index in row.indices { bytes.append(row[index] &- above[index]) }
            } else {
                bytes += row
            }
            above = row
        }
        return bytes
    }

    private static func chunk(_ type: StaticString, _ data: [UInt8]) -> [UInt8] {
        let body = Array("\(type)".utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(checksum(body))
    }

    static func bigEndian(_ number: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }

    /// CRC-32 (annex D).
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in (crc >> 8) ^ table[Int((crc ^ UInt32(byte)) & 0xFF)] }
    }

    private static let table: [UInt32] = (0..<256).map { number in
        (0..<8).reduce(UInt32(number)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }

    /// The colours of a picture, and its pixels as their numbers.
    private struct Palette {
        let entries: [UInt8]
        /// Bits a pixel.
        let depth: Int
        /// The numbers of the pixels, packed, the first in the highest bits.
        let rows: [[UInt8]]

        /// Nil where the picture has more than 256 colours.
        init?(of picture: ScreenPicture) {
            var numbers: [UInt32: UInt8] = [:]
            var (entries, pixels): ([UInt8], [UInt8]) = ([], [])
            pixels.reserveCapacity(picture.width * picture.height)
            var (last, lastNumber): (UInt32?, UInt8) = (nil, 0)
            for place in stride(from: 0, to: picture.pixels.count, by: 3) {
                let (red, green, blue) = (picture.pixels[place], picture.pixels[place + 1], picture.pixels[place + 2])
                let colour = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
                if colour != last {
                    if let known = numbers[colour] {
                        lastNumber = known
                    } else {
                        guard numbers.count < 256 else { return nil }
                        lastNumber = UInt8(numbers.count)
                        numbers[colour] = lastNumber
                        entries += [red, green, blue]
                    }
                    last = colour
                }
                pixels.append(lastNumber)
            }
            let depth = numbers.count <= 2 ? 1 : numbers.count <= 4 ? 2 : numbers.count <= 16 ? 4 : 8
            self.entries = entries
            self.depth = depth
            rows = stride(from: 0, to: pixels.count, by: picture.width).map { Self.packed(pixels[$0..<$0 + picture.width], depth) }
        }

        private static func packed(_ pixels: ArraySlice<UInt8>, _ depth: Int) -> [UInt8] {
            guard depth < 8 else { return Array(pixels) }
            var row = [UInt8](repeating: 0, count: (pixels.count * depth + 7) / 8)
            for (index, pixel) in pixels.enumerated() {
                let bit = index * depth
                row[bit / 8] |= pixel << UInt8(8 - depth - bit % 8)
            }
            return row
        }
    }
}
