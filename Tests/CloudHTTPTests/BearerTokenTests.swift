// SPDX-License-Identifier: Apache-2.0

import CloudHTTP
import Testing

@Suite struct BearerTokenTests {
    @Test func base64URLWithoutPadding() {
        #expect(BearerToken.text(of: Array("".utf8)) == "" && BearerToken.text(of: Array("f".utf8)) == "Zg")
        #expect(BearerToken.text(of: Array("fo".utf8)) == "Zm8" && BearerToken.text(of: Array("foobar".utf8)) == "Zm9vYmFy")
        #expect(BearerToken.text(of: [0xFB, 0xFF, 0xBF]) == "-_-_")
        #expect(BearerToken.text(of: [UInt8](repeating: 7, count: BearerToken.length)).count == 43)
    }

    /// FIPS 180-4, the example of one block.
    @Test func theHashIsSHA256() {
        #expect(BearerToken.hash(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
