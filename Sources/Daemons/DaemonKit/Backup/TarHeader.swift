// SPDX-License-Identifier: Apache-2.0

/// The header of a member of a tar archive (POSIX.1-2001, ustar), as far as a backup needs one: a plain file with a short name.
struct TarHeader: Hashable {
    /// The size of a header, and what members are filled up to.
    static let block = 512
    /// Two empty blocks end an archive.
    static let end = [UInt8](repeating: 0, count: 2 * block)
    /// The largest member: what eleven octal digits say.
    static let largest: Int64 = (1 << 33) - 1

    let name: String
    let size: Int64
    /// Seconds since 1970.
    let modified: Int64

    /// How many bytes follow the member to the next block.
    var padding: Int { Int((Int64(Self.block) - size % Int64(Self.block)) % Int64(Self.block)) }

    /// The header's bytes: mode 0600, owned by root.
    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.block)
        func put(_ text: String, at place: Int) { bytes.replaceSubrange(place..<place + text.utf8.count, with: text.utf8) }
        put(name, at: 0)
        put("0000600", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(Self.octal(size), at: 124)
        put(Self.octal(modified), at: 136)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put("root", at: 265)
        put("root", at: 297)
        let sum = String(Self.sum(of: bytes), radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum, at: 148)
        bytes[154] = 0
        return bytes
    }

    init(name: String, size: Int64, modified: Int64) {
        self.name = name
        self.size = size
        self.modified = modified
    }

    /// Reads a header; nil where the bytes are none of a plain file, or its sum is another.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.block, Array(bytes[257..<262]) == Array("ustar".utf8), bytes[156] == 0 || bytes[156] == 0x30,
            let sum = Self.number(bytes[148..<156]), sum == Int64(Self.sum(of: bytes)), let size = Self.number(bytes[124..<136]),
            let modified = Self.number(bytes[136..<148])
        else { return nil }
        self.init(name: String(decoding: bytes[0..<100].prefix { $0 != 0 }, as: UTF8.self), size: size, modified: modified)
    }

    /// The sum of the bytes, with those of the sum itself as spaces.
    private static func sum(of bytes: [UInt8]) -> Int {
        bytes.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 0x20 : Int(bytes[$1])) }
    }

    private static func octal(_ number: Int64) -> String {
        let digits = String(max(0, min(number, largest)), radix: 8)
        return String(repeating: "0", count: 11 - digits.count) + digits
    }

    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        let digits = field.prefix { $0 != 0 && $0 != 0x20 }
        return digits.isEmpty ? nil : Int64(String(decoding: digits, as: UTF8.self), radix: 8)
    }
}
