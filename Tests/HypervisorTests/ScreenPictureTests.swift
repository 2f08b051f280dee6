// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Testing

@testable import Hypervisor

/// A pixmap is a foreign text: what is not exactly one is refused. A picture comes out of its PNG as it went in, read by other rules.
@Suite struct ScreenPictureTests {
    private func pixmap(_ head: String, _ count: Int) -> [UInt8] { Array(head.utf8) + [UInt8](repeating: 7, count: count) }

    @Test func aPixmapIsReadAsItIsWritten() throws {
        let picture = try ScreenPicture(pixmap: pixmap("P6\n3 2\n255\n", 18))
        #expect(picture.width == 3 && picture.height == 2 && picture.pixels == [UInt8](repeating: 7, count: 18))
    }

    @Test(arguments: [
        ("", 0), ("P6", 0), ("P6\n3 2\n255\n", 17), ("P6\n3 2\n255\n", 19), ("P6\n3 2\n255\n", 0), ("P5\n3 2\n255\n", 18),
        ("P6\n3 2\n65535\n", 36), ("P6\n0 0\n255\n", 0), ("P6\n-3 2\n255\n", 18), ("P6\n+3 2\n255\n", 18), ("P6\n3 2\n255", 18),
        ("P6\n99999 99999\n255\n", 64), ("P6\n8193 1\n255\n", 24579), ("P6\n8192 8192\n255\n", 64), ("P6\n3  2\n255\n", 18),
        ("P6\n18446744073709551617 2\n255\n", 18), ("P6\n# 3 2\n3 2\n255\n", 18), ("\n\n\n\n", 18), ("P6\n3 2\n\u{663}\n", 18),
    ])
    func whatIsNoPixmapIsRefused(head: String, count: Int) {
        #expect(throws: CloudError.self) { try ScreenPicture(pixmap: pixmap(head, count)) }
    }

    @Test func anyBytesAreAPictureOrARefusal() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = pixmap("P6\n3 2\n255\n", 18)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...40, using: &random)))
            do { #expect(try ScreenPicture(pixmap: bytes).pixels.count <= bytes.count) } catch {}
        }
    }

    @Test(arguments: [
        (1, 1, 1), (1, 7, 2), (9, 5, 2), (10, 10, 4), (17, 3, 16), (33, 20, 200), (64, 64, 256), (64, 64, 257), (300, 200, 5000),
    ])
    func aPictureComesOutAsItWentIn(width: Int, height: Int, colours: Int) throws {
        let pixels = (0..<width * height).flatMap { index -> [UInt8] in
            // Long stretches of one colour, as on a screen, and each colour somewhere.
            let colour = index % 7 == 0 ? index / 7 % colours : index / 40 % colours
            return [UInt8(colour & 255), UInt8(colour >> 8 & 255), UInt8(colour * 37 & 255)]
        }
        let picture = try #require(ScreenPicture(width: width, height: height, pixels: pixels))
        let read = try PNGReader.read(GuestScreenshot(of: picture).png)
        #expect(read.width == width && read.height == height && read.pixels == pixels)
        #expect(read.isPalette == (Set(stride(from: 0, to: pixels.count, by: 3).map { Array(pixels[$0..<$0 + 3]) }).count <= 256))
    }

    @Test func anEmptyScreenIsSmall() throws {
        let picture = try #require(ScreenPicture(width: 640, height: 480, pixels: [UInt8](repeating: 0, count: 640 * 480 * 3)))
        #expect(GuestScreenshot(of: picture).png.count < 4000)
    }

    /// What a QEMU gives as PNG is handed on only where it is one from its first byte to its last.
    @Test func aPNGThatIsCutOrChangedIsRefused() throws {
        let picture = try #require(ScreenPicture(width: 20, height: 10, pixels: [UInt8](repeating: 9, count: 600)))
        let file = GuestScreenshot(of: picture).png
        #expect(try GuestScreenshot(png: file).png == file)
        for count in 0..<file.count { #expect(throws: CloudError.self) { try GuestScreenshot(png: Array(file.prefix(count))) } }
        for place in file.indices {
            var changed = file
            changed[place] ^= 0x40
            #expect(throws: CloudError.self, "\(place)") { try GuestScreenshot(png: changed) }
        }
        #expect(throws: CloudError.self) { try GuestScreenshot(png: file + [0]) }
        #expect(throws: CloudError.self) { try GuestScreenshot(png: Array(file.prefix(8)) + file) }
        // A head of 100,000 by 100,000, with the sum that is right for it.
        let head = Array("IHDR".utf8) + PNG.bigEndian(100_000) + PNG.bigEndian(100_000) + file[24..<29]
        let huge = file[0..<12] + head + PNG.bigEndian(PNG.checksum(head)) + file[33...]
        #expect(throws: CloudError.self) { try GuestScreenshot(png: Array(huge)) }
    }

    @Test func itTravelsAsBase64() throws {
        let picture = try #require(ScreenPicture(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6]))
        let shot = GuestScreenshot(of: picture)
        let text = try JSONEncoder().encode(shot)
        #expect(try JSONDecoder().decode(GuestScreenshot.self, from: text) == shot)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(GuestScreenshot.self, from: Data("\"?\"".utf8)) }
    }
}

/// A reader of its own, for what the writer may write: checks each sum, inflates bit by bit from the tables of RFC 1951.
private enum PNGReader {
    struct Fault: Error { let reason: String }

    static func read(_ file: [UInt8]) throws -> (width: Int, height: Int, isPalette: Bool, pixels: [UInt8]) {
        var (place, head, palette, data) = (8, [UInt8](), [UInt8](), [UInt8]())
        func number(_ at: Int) -> Int { file[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        while place < file.count {
            let (length, type) = (number(place), String(decoding: file[place + 4..<place + 8], as: UTF8.self))
            let body = Array(file[place + 8..<place + 8 + length])
            guard number(place + 8 + length) == crc(Array(file[place + 4..<place + 8 + length])) else {
                throw Fault(reason: "sum of \(type)")
            }
            switch type {
            case "IHDR": head = body
            case "PLTE": palette = body
            case "IDAT": data += body
            default: break
            }
            place += 12 + length
        }
        let (width, height, depth, kind) = (
            head[0..<4].reduce(0) { $0 << 8 | Int($1) }, head[4..<8].reduce(0) { $0 << 8 | Int($1) }, Int(head[8]), head[9]
        )
        let rowBytes = kind == 3 ? (width * depth + 7) / 8 : width * 3
        var raw = try inflate(data)
        guard raw.count == height * (rowBytes + 1) else { throw Fault(reason: "\(raw.count) bytes") }
        var pixels: [UInt8] = []
        for row in 0..<height {
            let start = row * (rowBytes + 1)
            guard raw[start] == 2 else { throw Fault(reason: "filter") }
            if row > 0 { for index in 1...rowBytes { raw[start + index] &+= raw[start + index - rowBytes - 1] } }
            if kind == 2 { pixels += raw[start + 1...start + rowBytes]; continue }
            for column in 0..<width {
                let bit = column * depth
                let entry = Int(raw[start + 1 + bit / 8] >> UInt8(8 - depth - bit % 8)) & (1 << depth - 1)
                pixels += palette[entry * 3..<entry * 3 + 3]
            }
        }
        return (width, height, kind == 3, pixels)
    }

    private static func crc(_ bytes: [UInt8]) -> Int {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return Int(~crc)
    }

    private static func inflate(_ data: [UInt8]) throws -> [UInt8] {
        guard data.count > 6, (Int(data[0]) << 8 | Int(data[1])) % 31 == 0 else { throw Fault(reason: "zlib") }
        var position = 16
        func bit() -> Int {
            defer { position += 1 }
            return Int(data[position / 8] >> UInt8(position % 8)) & 1
        }
        func bits(_ count: Int) -> Int { (0..<count).reduce(0) { $0 | bit() << $1 } }
        func huffman(_ count: Int, from code: Int = 0) -> Int { (0..<count).reduce(code) { code, _ in code << 1 | bit() } }
        guard bit() == 1, bits(2) == 1 else { throw Fault(reason: "block") }
        let bases = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
        let extras = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
        var out: [UInt8] = []
        while true {
            var code = huffman(7)
            let symbol: Int
            if code <= 0b0010111 {
                symbol = 256 + code
            } else {
                code = huffman(1, from: code)
                if (0b00110000...0b10111111).contains(code) {
                    symbol = code - 0b00110000
                } else if (0b11000000...0b11000111).contains(code) {
                    symbol = 280 + code - 0b11000000
                } else {
                    symbol = 144 + huffman(1, from: code) - 0b110010000
                }
            }
            if symbol < 256 { out.append(UInt8(symbol)); continue }
            if symbol == 256 { break }
            let length = bases[symbol - 257] + bits(extras[symbol - 257])
            guard huffman(5) == 0, let last = out.last else { throw Fault(reason: "distance") }
            out += [UInt8](repeating: last, count: length)
        }
        var (low, high) = (1, 0)
        for byte in out { low = (low + Int(byte)) % 65521; high = (high + low) % 65521 }
        let end = (position + 7) / 8
        guard data.count == end + 4, data[end...].reduce(0, { $0 << 8 | Int($1) }) == high << 16 | low else { throw Fault(reason: "Adler") }
        return out
    }
}
