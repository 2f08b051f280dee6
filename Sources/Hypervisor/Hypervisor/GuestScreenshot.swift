// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import FoundationEssentials

/// A picture of a guest's screen, as PNG. On its way it is Base64.
public struct GuestScreenshot: Hashable, Sendable, Codable {
    /// The file.
    public let png: [UInt8]

    /// A screen's picture.
    public init(of picture: ScreenPicture) { png = PNG.encoded(picture) }

    /// A picture that is PNG already, as some QEMUs give it. Throws `internal-fault` for what is not one from its first byte to its last:
    /// cut off, longer than its end, with a sum that is wrong, or of more pixels than ``ScreenPicture`` allows.
    public init(png bytes: [UInt8]) throws(CloudError) {
        if let flaw = PNG.flaw(of: bytes) { throw CloudError(.internalFault, ["part": "hypervisor"], detail: "screen: \(flaw)") }
        png = bytes
    }

    /// Reads the text; throws for what is no Base64.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let data = Data(base64Encoded: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a picture is Base64")
        }
        png = Array(data)
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Data(png).base64EncodedString())
    }
}
