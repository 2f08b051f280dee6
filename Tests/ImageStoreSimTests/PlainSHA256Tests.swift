// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ImageStoreSim

/// The hash of the simulated store is SHA-256: the vectors of FIPS 180-4 and NIST's CAVP, and every border of a block.
@Suite struct PlainSHA256Tests {
    private func hash(_ bytes: [UInt8], pieces: Int = .max) -> String {
        var hash = PlainSHA256()
        for start in stride(from: 0, to: bytes.count, by: min(pieces, max(1, bytes.count))) {
            hash.update(Array(bytes[start..<min(start + min(pieces, bytes.count), bytes.count)]))
        }
        return hash.finish()
    }

    @Test func knownVectors() {
        #expect(hash([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hash(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000), pieces: 7919)
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func piecesDoNotMatter() {
        for length in 50...140 {
            let bytes = (0..<length).map { UInt8($0) }
            #expect(hash(bytes) == hash(bytes, pieces: 1) && hash(bytes) == hash(bytes, pieces: 63))
        }
    }
}
