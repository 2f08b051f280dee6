// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What is said about one refusal in one language. In braces stand the names of the error's parameters.
public struct ErrorText: Hashable, Sendable {
    /// A few words, the same for every occurrence.
    public let title: String
    /// What is wrong and why, with the figures.
    public let detail: String
    /// What to do next.
    public let next: String

    init(_ title: String, _ detail: String, _ next: String) {
        self.title = title
        self.detail = detail
        self.next = next
    }
}

/// One table for everything that callers learn of an ``CloudModel/ErrorCode``: its HTTP status, its parameters, its texts.
public enum ErrorCatalogue {
    /// The HTTP status of a refusal (Documentation/api.md, "Errors").
    public static func status(of code: ErrorCode) -> Int {
        switch code {
        case .malformedRequest: 400
        case .notSignedIn, .tokenExpired: 401
        case .consoleTicketRefused, .denied, .originRefused: 403
        case .linkInvalid, .notFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .agentMissing, .agentRefused, .busy, .cancelled, .cancelledLate, .checkpointUnfit, .checkpointsFull, .courseClosed,
            .fenceStale, .guestEnded, .guestPaused, .hostnameTaken, .imageInUse, .nameTaken, .notPublished, .portForwarded,
            .publicPortTaken, .quotaExceeded, .recordsRestored, .renewalsExhausted, .staleVersion, .stateForbids, .superseded:
            409
        case .diskGone, .eventsGone: 410
        case .requestTooLarge: 413
        case .unsupportedMediaType: 415
        case .idempotencyMismatch, .imageForeignReference, .imageHashMismatch, .imageMalformed, .imageTooLarge, .invalidField,
            .publicPortOutside:
            422
        case .upgradeRequired: 426
        case .preconditionRequired: 428
        case .callsUnderWay, .rateLimited: 429
        case .headersTooLarge: 431
        case .internalFault, .replayMismatch: 500
        case .agentSilent, .diskMissing, .epochStale, .hostUnreachable, .imageMissing, .storeNewer, .storeUnavailable, .unavailable: 503
        case .timedOut: 504
        case .addressesExhausted, .diskFull, .noHost, .publicPortsExhausted, .storeFull: 507
        }
    }

    /// The address of the page about a code, relative to the daemon's: the `type` of a problem (RFC 9457).
    public static func type(of code: ErrorCode) -> String { "/v1/errors/\(code.rawValue)" }

    /// The texts of a code.
    public static func text(of code: ErrorCode, in language: Language) -> ErrorText {
        switch language {
        case .english: englishText(of: code)
        case .hungarian: hungarianText(of: code)
        }
    }

    /// What to do after a refusal: of its code's text, but who is missing a right that comes with a role learns that no owner gives it.
    public static func advice(_ error: CloudError, in language: Language) -> String {
        guard error.code == .denied, let right = error.parameters["needed"].flatMap(Permission.init) else {
            return fill(text(of: error.code, in: language).next, error.parameters, in: language)
        }
        let roles = SiteRole.allCases.filter { $0.permissions.contains(right) }.map(\.rawValue).joined(separator: ", ")
        return fill(roleAdvice(in: language), ["needed": right.rawValue, "roles": roles], in: language)
    }

    /// The names of a code's parameters: what its texts may mention.
    public static func parameters(of code: ErrorCode) -> [String] {
        switch code {
        case .addressesExhausted: ["network", "size"]
        case .agentMissing, .agentRefused, .agentSilent, .guestEnded: ["instance"]
        case .busy: ["object", "operation"]
        case .cancelled, .cancelledLate: ["operation"]
        case .checkpointUnfit: ["instance", "reason"]
        case .checkpointsFull: ["instance", "limit"]
        case .courseClosed: ["group", "first", "last", "zone"]
        case .denied: ["verb", "object", "needed"]
        case .diskFull: ["store", "needed", "free"]
        case .diskGone: ["object"]
        case .diskMissing: ["instance", "disk"]
        case .epochStale: ["epoch"]
        case .eventsGone: ["oldest", "newest"]
        case .fenceStale: ["fence", "seen"]
        case .guestPaused: ["instance", "reason"]
        case .headersTooLarge, .requestTooLarge: ["limit"]
        case .hostUnreachable: ["host"]
        case .hostnameTaken: ["hostname", "proposal"]
        case .idempotencyMismatch: ["key"]
        case .imageForeignReference: ["reference"]
        case .imageHashMismatch: ["expected", "actual"]
        case .imageInUse: ["image", "by"]
        case .imageMalformed: ["declared", "reason"]
        case .imageMissing: ["image"]
        case .imageTooLarge: ["size", "limit"]
        case .internalFault: ["part"]
        case .invalidField, .malformedRequest: ["pointer", "reason"]
        case .methodNotAllowed: ["method", "allowed"]
        case .nameTaken: ["name", "proposal"]
        case .noHost: ["instance", "hosts"]
        case .notFound, .preconditionRequired: ["object"]
        case .notPublished: ["template", "drafts"]
        case .consoleTicketRefused, .linkInvalid, .notSignedIn: []
        case .originRefused: ["origin"]
        case .portForwarded: ["port", "forwarded"]
        case .publicPortOutside: ["port", "first", "last"]
        case .publicPortTaken: ["port", "protocol"]
        case .publicPortsExhausted: ["network", "protocol", "first", "last"]
        case .quotaExceeded: ["quota", "limit", "used", "asked", "group"]
        case .rateLimited: ["retryAfter"]
        case .callsUnderWay: ["limit"]
        case .recordsRestored: ["operation"]
        case .renewalsExhausted: ["group", "limit"]
        case .replayMismatch: ["expected", "actual"]
        case .requestTimeout: ["seconds"]
        case .staleVersion: ["object", "expected", "actual"]
        case .stateForbids: ["verb", "state", "object", "allowed"]
        case .storeFull: ["store", "free", "total", "percent"]
        case .storeNewer: ["found", "known"]
        case .storeUnavailable: ["reason"]
        case .superseded: ["operation", "by"]
        case .timedOut: ["what", "seconds"]
        case .tokenExpired: ["token", "label"]
        case .unavailable: ["part"]
        case .unsupportedMediaType: ["accepted"]
        case .upgradeRequired: ["protocol"]
        }
    }

    /// Puts parameters into a text; one that an error does not carry shows as `…`.
    public static func fill(_ text: String, _ parameters: [String: String], in language: Language) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: open)..<close])
            result += rest[..<open]
            result += parameters[name].map { value in name == "pointer" ? language.place(value) : language.phrase(value) } ?? "…"
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}
