// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import FoundationEssentials
import ImageStore

/// An upload as the simulated store keeps it: not its bytes, but all that is ever asked of them.
public struct SimulatedUpload: Hashable, Sendable, Codable {
    /// Its length.
    public let size: ByteCount
    /// SHA-256 of all its bytes.
    public let sha256: String
    /// Its first ``ImageStore/ImageHead/length`` bytes (or all), for the strict reader. JSON: base 64, trailing zeros left out.
    public let head: [UInt8]

    init(size: ByteCount, sha256: String, head: [UInt8]) {
        self.size = size
        self.sha256 = sha256
        self.head = head
    }

    private enum CodingKeys: String, CodingKey { case size, sha256, head }

    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        size = try container.decode(ByteCount.self, forKey: .size)
        sha256 = try container.decode(String.self, forKey: .sha256)
        guard let data = Data(base64Encoded: try container.decode(String.self, forKey: .head)), data.count <= ImageHead.length else {
            throw DecodingError.dataCorruptedError(forKey: .head, in: container, debugDescription: "no head of an upload")
        }
        head = Array(data) + [UInt8](repeating: 0, count: max(0, Int(min(size.bytes, Int64(ImageHead.length))) - data.count))
    }

    /// Writes size, hash and head.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(size, forKey: .size)
        try container.encode(sha256, forKey: .sha256)
        let used = head.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        try container.encode(Data(head[..<used]).base64EncodedString(), forKey: .head)
    }
}
