// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What a screen shows: three bytes a pixel (red, green, blue), row by row from the top.
public struct ScreenPicture: Hashable, Sendable {
    /// The most pixels in a row, and the most rows.
    public static let mostInARow = 8192
    /// The most pixels: more than any screen of a guest here has, and 48 MiB at worst.
    public static let mostPixels = 1 << 24

    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// The pixels.
    public let pixels: [UInt8]

    /// A picture; nil where the pixels are not as many as rows and columns say, or too many.
    public init?(width: Int, height: Int, pixels: [UInt8]) {
        guard Self.isAllowed(width, height), pixels.count == width * height * 3 else { return nil }
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Reads a portable pixmap as QEMU writes it: `P6`, width, height and 255, each with one space or newline behind it, then the pixels
    /// and nothing more. Throws `internal-fault` for anything else: cut off, longer than it says, larger than allowed, of more than a
    /// byte a colour.
    public init(pixmap bytes: [UInt8]) throws(CloudError) {
        func refuse(_ reason: String) -> CloudError { CloudError(.internalFault, ["part": "hypervisor"], detail: "screen: \(reason)") }
        var place = 0
        func word() -> [UInt8]? {
            let end = bytes[place...].prefix(8).firstIndex { $0 == 0x20 || $0 == 0x0A }
            guard let end, end > place else { return nil }
            defer { place = end + 1 }
            return Array(bytes[place..<end])
        }
        func number() -> Int? {
            guard let digits = word(), digits.count <= 5, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        guard word() == Array("P6".utf8), let width = number(), let height = number(), let most = number() else {
            throw refuse("its beginning is none of a pixmap")
        }
        guard most == 255 else { throw refuse("a colour has \(most) shades") }
        guard Self.isAllowed(width, height) else { throw refuse("\(width) × \(height) pixels are too many, or none") }
        guard let picture = Self(width: width, height: height, pixels: Array(bytes[place...])) else {
            throw refuse("\(bytes.count - place) bytes for \(width) × \(height) pixels")
        }
        self = picture
    }

    static func isAllowed(_ width: Int, _ height: Int) -> Bool {
        (1...mostInARow).contains(width) && (1...mostInARow).contains(height) && width * height <= mostPixels
    }
}
