// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CloudClient

@Suite struct ServerSentEventsTests {
    static let text =
        "retry: 1000\n\nid: 7\nevent: instance.changed\ndata: {\"a\":1}\n\n: quiet\n\n"
        + "id: 8\r\ndata: é\r\ndata:y\r\n\r\ndata: z\r\r"
    static let messages: [ServerSentEvents.Message] = [
        .init(id: "7", data: "{\"a\":1}"), .init(id: "8", data: "é\ny"), .init(id: "8", data: "z"),
    ]

    @Test(arguments: 1...20)
    func piecesOfAnySizeGiveTheSameMessages(size: Int) {
        var parser = ServerSentEvents()
        var found: [ServerSentEvents.Message] = []
        let bytes = Array(Self.text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            found += parser.feed(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(found == Self.messages)
    }

    @Test func aMessageThatIsCutOffIsNone() {
        var parser = ServerSentEvents()
        #expect(parser.feed(Array("id: 1\ndata: x\n".utf8)).isEmpty)
    }

    @Test func aLineWithoutEndIsNotKeptForEver() {
        var parser = ServerSentEvents()
        for _ in 0...17 { _ = parser.feed(Array(repeating: 0x61, count: 1 << 16)) }
        #expect(parser.overflowed)
    }
}
