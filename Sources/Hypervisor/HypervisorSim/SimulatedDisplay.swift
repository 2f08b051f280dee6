// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// An RFB server (RFC 6143, version 3.8) of one small picture: stripes that are the instance's own, in another colour after every key.
/// It speaks without security and in raw rectangles of 32 bits a pixel; who asks for anything else is cut off.
struct SimulatedDisplay: Sendable {
    static let greeting = Array("RFB 003.008\n".utf8)
    static let (width, height) = (160, 100)
    /// The longest message that is waited for: a clipboard.
    private static let longest = 1 << 20

    private enum Stage {
        case version
        case security
        case beginning
        case messages
    }
    private let name: [UInt8]
    private let pattern: UInt64
    private var stage = Stage.version
    private var input: [UInt8] = []
    private var keys: UInt32 = 0
    private var shown: UInt32?
    private var isAsked = false
    /// By how many bits red, green and blue stand in a pixel; and whether its highest byte is sent first.
    private var (shifts, isBigEndian): ([UInt8], Bool) = ([16, 8, 0], false)

    init(_ instance: ID<InstanceKind>, title: DisplayName) {
        name = Array(title.text.utf8.prefix(255))
        pattern = FNV1a.hash(instance.text)
    }

    /// What it says to these bytes; nil where they are no RFB.
    mutating func answer(to bytes: [UInt8]) -> [UInt8]? {
        input += bytes
        var answer: [UInt8] = []
        while let length = length() {
            guard length > 0, length <= Self.longest else { return nil }
            guard input.count >= length else { break }
            let message = Array(input.prefix(length))
            input.removeFirst(length)
            guard let words = take(message) else { return nil }
            answer += words
        }
        // However often it is asked meanwhile, what is shown is shown once: a display that is behind does not fall behind further.
        if isAsked {
            isAsked = false
            answer += picture
        }
        return input.count <= Self.longest ? answer : nil
    }

    /// The length of the message that comes next; nil where too little of it is there to know, 0 where there is none of its kind.
    private func length() -> Int? {
        guard let first = input.first else { return nil }
        switch stage {
        case .version: return 12
        case .security, .beginning: return 1
        case .messages:
            switch first {
            case 0: return 20
            case 2: return input.count >= 4 ? 4 + 4 * (Int(input[2]) << 8 | Int(input[3])) : nil
            case 3: return 10
            case 4: return 8
            case 5: return 6
            case 6:
                guard input.count >= 8 else { return nil }
                return 8 + input[4..<8].reduce(0) { $0 << 8 | Int($1) }
            default: return 0
            }
        }
    }

    private mutating func take(_ message: [UInt8]) -> [UInt8]? {
        switch stage {
        case .version:
            guard message == Self.greeting else { return nil }
            stage = .security
            return [1, 1]
        case .security:
            guard message == [1] else { return nil }
            stage = .beginning
            return [0, 0, 0, 0]
        case .beginning:
            stage = .messages
            return beginning
        case .messages: return take(order: message)
        }
    }

    private mutating func take(order message: [UInt8]) -> [UInt8]? {
        switch message[0] {
        case 0:
            guard message[4] == 32, message[7] != 0, message[14...16].allSatisfy({ $0 <= 24 }) else { return nil }
            (isBigEndian, shifts) = (message[6] != 0, Array(message[14...16]))
            shown = nil
            return []
        case 3:
            // What has not changed is not sent again to who asks for changes only.
            guard message[1] == 0 || shown != keys else { return [] }
            shown = keys
            isAsked = true
            return []
        case 4:
            keys &+= message[1] == 0 ? 0 : 1
            return []
        default: return []
        }
    }

    private static func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }
    private static func long(_ value: Int) -> [UInt8] { word(value >> 16) + word(value) }

    /// ServerInit (RFC 6143, 7.3.2).
    private var beginning: [UInt8] {
        Self.word(Self.width) + Self.word(Self.height) + [32, 24, 0, 1] + Self.word(255) + Self.word(255) + Self.word(255)
            + [16, 8, 0, 0, 0, 0] + Self.long(name.count) + name
    }

    /// A FramebufferUpdate of one raw rectangle (RFC 6143, 7.6.1, 7.7.1).
    private var picture: [UInt8] {
        var bytes: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0] + Self.word(Self.width) + Self.word(Self.height) + [0, 0, 0, 0]
        bytes.reserveCapacity(bytes.count + 4 * Self.width * Self.height)
        let colours = [pixel(keys &* 97 &+ 40), pixel(keys &* 151 &+ 200)]
        for row in 0..<Self.height {
            for column in 0..<Self.width { bytes += colours[Int(pattern >> UInt64((column / 10 + row / 20 * 16) % 64) & 1)] }
        }
        return bytes
    }

    private func pixel(_ colour: UInt32) -> [UInt8] {
        let parts = [colour & 255, (colour &* 7) & 255, (colour &* 13) & 255]
        let value = zip(parts, shifts).reduce(UInt32(0)) { $0 | $1.0 << UInt32($1.1) }
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
        return isBigEndian ? bytes.reversed() : bytes
    }
}
