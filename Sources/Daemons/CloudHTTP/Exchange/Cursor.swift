// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation

/// Where the next page of a list begins, as callers hold it: opaque, so that what is inside may change. It is of one list and of what was
/// asked of that, by their hash: in another list it would lead to an empty page, or in circles.
enum Cursor {
    private static let mark = "1:"

    static func text(_ place: String, of list: String) -> String {
        Data((begin(of: list) + place).utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The place; throws `invalid-field` for a text that this list did not give.
    static func place(_ text: String, of list: String) throws(CloudError) -> String {
        let refusal = CloudError(.invalidField, query: "cursor", "this list, asked so, gave no such cursor")
        var plain = text.replacing("-", with: "+").replacing("_", with: "/")
        guard text.utf8.count <= 500 else { throw refusal }
        plain += String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        let begin = begin(of: list)
        guard let data = Data(base64Encoded: plain), let inner = String(validating: data, as: UTF8.self), inner.hasPrefix(begin),
            inner != begin
        else {
            throw refusal
        }
        return String(inner.dropFirst(begin.count))
    }

    private static func begin(of list: String) -> String { mark + String(FNV1a.hash(list), radix: 36) + ":" }
}
