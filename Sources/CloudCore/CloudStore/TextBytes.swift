// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Whether two texts are the same to a store: two spellings of one letter are two texts, which Swift's own calls equal.
    package func isSameBytes(as other: String) -> Bool { self == other && bytes(beside: other) { $0.elementsEqual($1) } }

    /// The order in which a store has texts.
    package func precedesByBytes(_ other: String) -> Bool { bytes(beside: other) { $0.lexicographicallyPrecedes($1) } }

    private func bytes(beside other: String, _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
        var (mine, others) = (self, other)
        return mine.withUTF8 { mine in others.withUTF8 { body(mine, $0) } }
    }
}
