// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation

/// Where the next page of a list begins, as callers hold it: opaque, so that what is inside may change.
enum Cursor {
    private static let mark = "1:"

    static func text(_ place: String) -> String {
        Data((mark + place).utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The place; throws `invalid-field` for a text that no list gave.
    static func place(_ text: String) throws(CloudError) -> String {
        let refusal = CloudError(.invalidField, query: "cursor", "no list gave this cursor")
        var plain = text.replacing("-", with: "+").replacing("_", with: "/")
        guard text.utf8.count <= 500 else { throw refusal }
        plain += String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: plain), let inner = String(validating: data, as: UTF8.self), inner.hasPrefix(mark),
            inner != mark
        else {
            throw refusal
        }
        return String(inner.dropFirst(mark.count))
    }
}
