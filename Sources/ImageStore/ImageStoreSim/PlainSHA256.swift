// SPDX-License-Identifier: Apache-2.0

/// SHA-256 (FIPS 180-4) in plain Swift, so that the simulated store needs no cryptographic library to build. Nothing secret passes
/// through it; real stores use swift-crypto.
struct PlainSHA256 {
    private var state: [UInt32] = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    private var pending: [UInt8] = []
    private var length: UInt64 = 0
    private var schedule = [UInt32](repeating: 0, count: 64)

    mutating func update(_ bytes: [UInt8]) {
        length += UInt64(bytes.count)
        pending += bytes
        let whole = pending.count / 64 * 64
        for start in stride(from: 0, to: whole, by: 64) { block(at: start) }
        pending.removeFirst(whole)
    }

    /// Ends the message; 64 lower-case hexadecimal digits.
    mutating func finish() -> String {
        let bits = length * 8
        let zeros = (119 - Int(length % 64)) % 64
        update([0x80] + [UInt8](repeating: 0, count: zeros) + (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) })
        return state.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    /// Raw pointers and plain loops: in a debug build, where simulations mostly run, they are ten times as fast as arrays.
    private mutating func block(at start: Int) {
        pending.withUnsafeBufferPointer { bytes in
            schedule.withUnsafeMutableBufferPointer { words in
                Self.constants.withUnsafeBufferPointer { constants in
                    guard let bytes = bytes.baseAddress, let words = words.baseAddress, let constants = constants.baseAddress else {
                        return
                    }
                    Self.expand(bytes + start, into: words)
                    Self.compress(words, constants, &state)
                }
            }
        }
    }

    private static func expand(_ bytes: UnsafePointer<UInt8>, into words: UnsafeMutablePointer<UInt32>) {
        var t = 0
        while t < 16 {
            let i = t &* 4
            let high = UInt32(truncatingIfNeeded: bytes[i]) &<< 24 | UInt32(truncatingIfNeeded: bytes[i &+ 1]) &<< 16
            words[t] = high | UInt32(truncatingIfNeeded: bytes[i &+ 2]) &<< 8 | UInt32(truncatingIfNeeded: bytes[i &+ 3])
            t = t &+ 1
        }
        while t < 64 {
            let x = words[t &- 15]
            let y = words[t &- 2]
            let s0 = x.turned(7) ^ x.turned(18) ^ (x &>> 3)
            let s1 = y.turned(17) ^ y.turned(19) ^ (y &>> 10)
            words[t] = words[t &- 16] &+ s0 &+ words[t &- 7] &+ s1
            t = t &+ 1
        }
    }

    private static func compress(_ words: UnsafeMutablePointer<UInt32>, _ constants: UnsafePointer<UInt32>, _ state: inout [UInt32]) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        var t = 0
        while t < 64 {
            let s1 = e.turned(6) ^ e.turned(11) ^ e.turned(25)
            let one = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ constants[t] &+ words[t]
            let s0 = a.turned(2) ^ a.turned(13) ^ a.turned(22)
            let two = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
            h = g
            g = f
            f = e
            e = d &+ one
            d = c
            c = b
            b = a
            a = one &+ two
            t = t &+ 1
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
    }

    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}

extension UInt32 {
    @inline(__always) fileprivate func turned(_ count: UInt32) -> UInt32 { self &>> count | self &<< (32 &- count) }
}
