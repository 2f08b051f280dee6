// SPDX-License-Identifier: Apache-2.0

/// The hash FNV-1a, 64 bits: short, the same on every machine and for ever, and no guard against anybody's intent.
/// <http://www.isthe.com/chongo/tech/comp/fnv/>
public enum FNV1a {
    /// The hash of a text's UTF-8; another seed gives another hash of the same text.
    public static func hash(_ text: some StringProtocol, seed: UInt64 = 0) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325 ^ seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
