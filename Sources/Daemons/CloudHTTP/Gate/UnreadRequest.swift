// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel

/// Why a request could not be read, so that no route was asked. The raw value is the English reason; the Hungarian catalogue knows each.
public enum UnreadRequest: String, Hashable, Sendable, CaseIterable {
    /// The first word is no method of HTTP.
    case method = "the word that the request begins with"
    /// The request target.
    case target = "the address in its first line cannot be read"
    /// The version.
    case version = "its version of HTTP is not spoken here"
    /// A field's name or value.
    case field = "a header field cannot be read"
    /// None, or several (RFC 9112, 3.2).
    case host = "exactly one header Host is due"
    /// More header than allowed.
    case headerLimit = "the header is too large"
    /// Content-Length, alone or beside Transfer-Encoding: what two readers could understand differently.
    case length = "the header Content-Length is no length, or there are two that differ"
    /// Chunked coding.
    case chunk = "a chunk of the body does not begin with its length"
    /// The other end stopped in the middle.
    case breaksOff = "it breaks off"
    /// Anything else.
    case other = "it is not HTTP/1.1, or says its length in two ways"

    /// The refusal; `headerLimit` is the number of bytes that header fields may have.
    func refusal(headerLimit: Int) -> CloudError {
        switch self {
        case .method: CloudError(.methodNotAllowed, ["method": rawValue, "allowed": RouteTable.allMethods])
        case .headerLimit: CloudError(.headersTooLarge, ["limit": String(headerLimit)])
        default: CloudError(.malformedRequest, ["pointer": "", "reason": rawValue])
        }
    }
}

extension CloudService {
    /// The answer to what could not be read as a request. In English, for the caller's language was not read either.
    func answer(unread: UnreadRequest, headerLimit: Int) -> Answer {
        let (id, refusal) = (requestID(nil), unread.refusal(headerLimit: headerLimit))
        var answer = problem(refusal, id: id, language: .english)
        complete(&answer, id: id, language: .english)
        answer.fields["Connection"] = "close"
        log(
            Record(
                request: id, target: "-", method: "-", route: nil, status: answer.status, user: nil, operation: nil,
                error: refusal.description, time: .zero))
        return answer
    }
}
