// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Crypto
import Foundation

/// The first half of a WebSocket's handshake (RFC 6455, 4.2.1), as far as fields say it.
enum Handshake {
    /// The only subprotocol: bytes as they are.
    static let subprotocol = "binary"

    /// Throws `upgrade-required` for another version, `invalid-field` for a key that is none.
    static func check(_ fields: Fields) throws(CloudError) {
        guard fields.count(of: "Sec-WebSocket-Version") == 1, fields["Sec-WebSocket-Version"] == "13" else {
            throw CloudError(.upgradeRequired, ["protocol": "websocket"])
        }
        guard fields.count(of: "Sec-WebSocket-Key") == 1, let key = fields["Sec-WebSocket-Key"], key.utf8.count == 24,
            Data(base64Encoded: key)?.count == 16
        else { throw CloudError(.invalidField, header: "Sec-WebSocket-Key", "16 bytes of base64 are due here") }
    }

    /// The second half: proof that the key was read (RFC 6455, 4.2.2). SHA-1 is the protocol's choice, and protects nothing here.
    static func accept(_ key: String) -> String {
        Data(Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))).base64EncodedString()
    }

    /// Whether the caller offers our subprotocol; whoever offers none speaks it without a name.
    static func offersSubprotocol(_ fields: Fields) -> Bool {
        fields.all.contains { field in
            field.name.lowercased() == "sec-websocket-protocol"
                && field.value.split(separator: ",").contains { $0.trimmingCharacters(in: .whitespaces) == subprotocol }
        }
    }
}
