// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// Frames by hand, for what no honest stack would send.
enum LiveFrames {
    typealias Bytes = [UInt8]
    static let broadcast = MACAddress(number: 0xFFFF_FFFF_FFFF)

    static func two(_ number: Int) -> Bytes { [UInt8(number >> 8 & 255), UInt8(number & 255)] }
    static func bytes(_ address: IPv6Address) -> Bytes { address.groups.flatMap { two(Int($0)) } }

    static func ethernet(_ type: Int, from: MACAddress, to: MACAddress, _ payload: Bytes, tags: [(Int, Int)] = []) -> Bytes {
        to.bytes + from.bytes + tags.flatMap { two($0.0) + two($0.1) } + two(type) + payload
    }

    static func arp(
        _ operation: Int, sender: MACAddress, _ senderIP: IPv4Address, target: IPv4Address, from: MACAddress? = nil, type: Int = 0x0806,
        mark: Bytes = []
    ) -> Bytes {
        let body: Bytes =
            [0, 1, 8, 0, 6, 4] + two(operation) + sender.bytes + senderIP.bytes + Bytes(repeating: 0, count: 6) + target.bytes
        return ethernet(type, from: from ?? sender, to: broadcast, body + mark)
    }

    static func checksum(_ bytes: Bytes) -> Bytes {
        var sum = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += Int(bytes[index]) << 8 | (index + 1 < bytes.count ? Int(bytes[index + 1]) : 0)
        }
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + sum >> 16 }
        return two(~sum & 0xFFFF)
    }

    static func ipv4(_ proto: UInt8, _ source: IPv4Address, _ target: IPv4Address, _ payload: Bytes, fragment: Int = 0) -> Bytes {
        var head: Bytes =
            [0x45, 0] + two(20 + payload.count) + [0x12, 0x34] + two(fragment) + [64, proto, 0, 0] + source.bytes + target.bytes
        head.replaceSubrange(10..<12, with: checksum(head))
        return head + payload
    }

    static func udp(_ source: Int, _ target: Int, _ payload: Bytes) -> Bytes {
        two(source) + two(target) + two(8 + payload.count) + [0, 0] + payload
    }

    static func echo(_ mark: Bytes) -> Bytes {
        var body: Bytes = [8, 0, 0, 0, 0, 1, 0, 1] + mark
        body.replaceSubrange(2..<4, with: checksum(body))
        return body
    }

    /// `headers` are extension headers in front of `next`, each without its first byte, which names what follows.
    static func ipv6(
        _ next: UInt8, _ source: IPv6Address, _ target: IPv6Address, _ payload: Bytes, hops: UInt8 = 255, headers: [(UInt8, Bytes)] = []
    ) -> Bytes {
        var chain: Bytes = []
        for (index, header) in headers.enumerated() {
            chain += [index + 1 < headers.count ? headers[index + 1].0 : next] + header.1
        }
        let first = headers.first?.0 ?? next
        return [0x60, 0, 0, 0] + two(chain.count + payload.count) + [first, hops] + bytes(source) + bytes(target) + chain + payload
    }

    /// UDP for IPv6, where a checksum is due.
    static func udp6(_ from: Int, _ to: Int, _ source: IPv6Address, _ target: IPv6Address, _ payload: Bytes) -> Bytes {
        var message = udp(from, to, payload)
        let pseudo = bytes(source) + bytes(target) + [0, 0] + two(message.count) + [0, 0, 0, 17]
        message.replaceSubrange(6..<8, with: checksum(pseudo + message))
        return message
    }

    static func icmp6(_ type: UInt8, _ source: IPv6Address, _ target: IPv6Address, _ body: Bytes) -> Bytes {
        var message: Bytes = [type, 0, 0, 0] + body
        let pseudo = bytes(source) + bytes(target) + [0, 0] + two(message.count) + [0, 0, 0, 58]
        message.replaceSubrange(2..<4, with: checksum(pseudo + message))
        return message
    }

    /// A DHCP message: operation 1 asks, 2 answers.
    static func dhcp(_ operation: UInt8, hardware: MACAddress, type: UInt8, mark: Bytes) -> Bytes {
        var body: Bytes = [operation, 1, 6, 0] + (mark + [0, 0, 0, 0]).prefix(4)
        body += Bytes(repeating: 0, count: 20) + hardware.bytes + Bytes(repeating: 0, count: 10 + 64 + 128)
        return body + [0x63, 0x82, 0x53, 0x63, 53, 1, type, 255]
    }
}
