// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Foundation

/// A request body: the fields that it declares, and its Swift values.
public protocol APIRequest: Codable, Sendable {
    /// The fields that the body may have.
    static var shape: JSONShape { get }
}

/// How bodies become bytes and back: one spelling for all.
public enum APICoding {
    /// Sorted keys and plain slashes, so that equal values are equal bytes.
    public static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    /// Reads a request strictly: first as ``StrictJSON``, then against the request's shape, then its values. Throws
    /// `CloudError(.malformedRequest)` for text and types, `CloudError(.invalidField)` for values, both with a JSON pointer. An empty
    /// body stands for `{}`.
    public static func decode<Request: APIRequest>(_ type: Request.Type, from bytes: [UInt8]) throws(CloudError) -> Request {
        let bytes = bytes.isEmpty ? Array("{}".utf8) : bytes
        try Request.shape.check(try StrictJSON.parse(bytes))
        do { return try JSONDecoder().decode(Request.self, from: Data(bytes)) } catch { throw refusal(of: error) }
    }

    /// Reads an answer leniently, as clients do: unknown fields are ignored.
    public static func decodeAnswer<Body: Decodable>(_ type: Body.Type, from data: Data) throws -> Body {
        try JSONDecoder().decode(Body.self, from: data)
    }

    /// The composed form (NFC) of a text that came from outside.
    public static func composed(_ text: String) -> String { text.precomposedStringWithCanonicalMapping }

    /// The composed form (NFC) of a name that came from outside, checked. Throws `CloudError(.invalidField)`.
    public static func name(_ text: String, pointer: String = "/name") throws(CloudError) -> DisplayName {
        try DisplayName(composed(text), pointer: pointer)
    }

    private static func refusal(of error: any Error) -> CloudError {
        func refuse(_ context: DecodingError.Context) -> CloudError {
            let pointer = JSONPointer(context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue })
            return CloudError(.invalidField, ["pointer": pointer.description, "reason": context.debugDescription])
        }
        switch error {
        case let error as CloudError: return error
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
            return refuse(context)
        default: return CloudError(.malformedRequest, ["pointer": "", "reason": "the body cannot be read"], detail: "\(error)")
        }
    }
}
