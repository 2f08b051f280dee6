// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudOperations
public import CloudWorkflow
import Synchronization

/// Sebastiano Vigna's SplitMix64: small, fast, and the same on every machine. For simulations; not for secrets.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64
    /// A stream of a seed.
    public init(seed: UInt64) { state = seed }
    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    /// A number below a bound, which is at least 1; slightly uneven for very large bounds.
    public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
}

/// Ids and passwords of a seed: the same calls give the same ones.
public final class SeededSources: IDSource, PasswordSource {
    private let random: Mutex<SplitMix64>
    /// The sources of a seed.
    public init(seed: UInt64) { random = Mutex(SplitMix64(seed: seed)) }
    /// A new id.
    public func next<Kind: IDKind>(_ kind: Kind.Type) -> ID<Kind> {
        random.withLock { random in ID(bits: random.next(), random.next()) }
    }
    /// A new password.
    public func next() -> Secret { Self.password(random.withLock { $0.next() % 1_000_000 }) }

    /// The password of a number.
    static func password(_ number: some BinaryInteger) -> Secret { Secret("\(mark)\(number)") }
    private static let mark = "password-"
    private static let bytes = Array(mark.utf8)

    /// Whether a password of a simulation stands in a text in the clear.
    static func isPassword(in text: String) -> Bool {
        var text = text
        let (mark, first) = (bytes, UInt8(ascii: "p"))
        return text.withUTF8 { text in
            // In place of a search by Foundation, for every line of every journal is looked at.
            var start = 0
            while start + mark.count < text.count {
                if text[start] == first, (0x30...0x39).contains(text[start + mark.count]),
                    text[start..<start + mark.count].elementsEqual(mark)
                {
                    return true
                }
                start += 1
            }
            return false
        }
    }
}

/// Seals by turning the text round: what was sealed is not the clear text, and that is all that it promises. Its signatures are sums
/// that anybody can make. For simulations.
public struct SimulatedSealer: Sealer, LinkSigner {
    /// A sealer without a key.
    public init() {}
    /// The text turned round, marked.
    public func seal(_ clear: String) throws -> String { "sealed:" + String(clear.reversed()) }
    /// The clear text; throws where the mark is missing.
    public func open(_ sealed: String) throws -> String {
        guard sealed.hasPrefix("sealed:") else { throw NotSealed() }
        return String(sealed.dropFirst(7).reversed())
    }
    /// The mark is missing. No ``CloudModel/CloudError``, as what a cipher throws is none.
    public struct NotSealed: Error {}
    /// A sum of the message, eight bytes.
    public func tag(of message: [UInt8]) -> [UInt8] {
        let sum = message.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 }
        return (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    }
    /// Whether the sum is the message's.
    public func isGenuine(_ tag: [UInt8], of message: [UInt8]) -> Bool { tag == self.tag(of: message) }
}
