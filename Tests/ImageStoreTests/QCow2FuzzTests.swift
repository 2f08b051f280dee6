// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import ImageStore
import Testing

/// 10^5 mutated headers: none makes the reader trap, none with a name of another file is accepted, and what is accepted keeps to the
/// limits.
@Suite struct QCow2FuzzTests {
    @Test(arguments: 0..<10) func mutatedHeadersNeverTrap(part: Int) {
        var random = SplitMix(state: 0x1_1CE0 + UInt64(part))
        let samples = Self.samples.map(\.bytes)
        var accepted = 0
        for round in 0..<10_000 {
            var bytes = samples[random.below(samples.count)]
            for _ in 0...random.below(4) { mutate(&bytes, &random) }
            let head = ImageHead(bytes: bytes, fileSize: ByteCount(bytes: Int64(bytes.count)))
            guard let size = try? head.judged(as: .qcow2, limit: .gibibytes(1)) else { continue }
            accepted += 1
            #expect(size > .zero && size <= .gibibytes(1) && size.bytes % 512 == 0, "part \(part) round \(round)")
            #expect(bytes[8..<20].allSatisfy { $0 == 0 }, "part \(part) round \(round): a name below")
            if bytes[7] == 3 {
                #expect(bytes[72..<79].allSatisfy { $0 == 0 } && bytes[79] & ~8 == 0, "part \(part) round \(round): a feature")
            }
        }
        // The mutations must leave enough alive, or the property above says little.
        #expect(accepted > 500 && accepted < 9_000, "\(accepted) accepted")
    }

    /// Clusters of 512 bytes, so that every part of the file is small and near.
    static let samples = [
        QCow2Sample { $0.clusterBits = 9 },
        QCow2Sample {
            $0.clusterBits = 9
            $0.version = 2
        },
        QCow2Sample {
            $0.clusterBits = 9
            $0.headerLength = 112
            $0.extensions = [(0x6803_F857, [UInt8](repeating: 65, count: 48))]
        },
        QCow2Sample {
            $0.clusterBits = 9
            $0.backingFile = "/etc/passwd"
            $0.extensions = [(0xE279_2ACA, Array("raw".utf8))]
        },
    ]

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        guard !bytes.isEmpty else { return }
        let place = random.below(min(bytes.count, 240))
        switch random.below(6) {
        case 0: bytes[place] = UInt8(random.below(256))
        case 1: bytes[place] ^= 1 << UInt8(random.below(8))
        case 2: for index in place..<min(place + 8, bytes.count) { bytes[index] = 0xFF }
        case 3: for index in place..<min(place + 8, bytes.count) { bytes[index] = 0 }
        case 4: bytes.removeLast(random.below(8) == 0 ? random.below(bytes.count) : 0)
        default: bytes[min(bytes.count - 1, [5, 7, 23, 39, 63, 79, 103, 107].map { $0 }[random.below(8)])] = UInt8(random.below(24))
        }
    }
}

/// Steele, Lea and Flood's SplitMix64: small, and the same everywhere.
struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
