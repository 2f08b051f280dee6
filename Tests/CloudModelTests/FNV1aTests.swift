// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Testing

@Suite struct FNV1aTests {
    /// Vectors of the authors' own test suite.
    @Test(arguments: [("", 0xCBF2_9CE4_8422_2325), ("a", 0xAF63_DC4C_8601_EC8C), ("foobar", 0x8594_4171_F739_67E8)] as [(String, UInt64)])
    func theAuthorsVectors(_ text: String, _ hash: UInt64) { #expect(FNV1a.hash(text) == hash) }

    @Test func anotherSeedIsAnotherHash() { #expect(FNV1a.hash("a", seed: 1) != FNV1a.hash("a")) }
}
