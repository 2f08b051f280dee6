// SPDX-License-Identifier: Apache-2.0

/// Reads a stream of server-sent events (HTML standard, section 9.2) from pieces of any size. Decides and never waits.
struct ServerSentEvents {
    /// One event of the stream.
    struct Message: Hashable {
        /// Its `id`, or that of the last message that had one.
        var id: String?
        /// Its data lines, joined by line feeds.
        var data: String
    }

    /// The longest line that is read, in bytes.
    static let lineLimit = 1 << 20

    private var line: [UInt8] = []
    private var data: [String] = []
    /// The newest `id`, also of a message without data: where the stream goes on when it breaks.
    private(set) var lastID: String?
    private var afterReturn = false
    /// Whether a line was longer than the limit; nothing is read any more.
    private(set) var overflowed = false

    /// The messages that are complete with this piece.
    mutating func feed(_ piece: [UInt8]) -> [Message] {
        var messages: [Message] = []
        for byte in piece where !overflowed {
            defer { afterReturn = byte == 0x0D }
            switch byte {
            case 0x0A where afterReturn: continue
            case 0x0A, 0x0D: endLine(&messages)
            default:
                line.append(byte)
                overflowed = line.count > Self.lineLimit
            }
        }
        return messages
    }

    private mutating func endLine(_ messages: inout [Message]) {
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty {
            if !data.isEmpty { messages.append(Message(id: lastID, data: data.joined(separator: "\n"))) }
            data = []
            return
        }
        let text = String(decoding: line, as: UTF8.self)
        guard let colon = text.firstIndex(of: ":") else { return }
        var value = text[text.index(after: colon)...]
        if value.first == " " { value = value.dropFirst() }
        switch text[..<colon] {
        case "data": data.append(String(value))
        case "id" where !value.contains("\0"): lastID = String(value)
        default: break
        }
    }
}
