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

/// Parts that an instance may have none of, as the last word of what is not found then (`foresee`).
enum InstancePart: String, CaseIterable {
    case checkpoints
    case disks
    case forwardedPorts = "forwarded-ports"
    case ports
}

/// Advice that is another than that of the code.
enum SpecialAdvice {
    /// Whoever is missing a right that comes with a role: `needed`, `roles`.
    case role
    /// Whoever resizes a machine that runs.
    case restart
    /// Whoever asks something of a machine that is in the trash: `object`.
    case recover
    /// Whoever asks for a verb on parts of which there are none.
    case makeOne
    /// Whoever asks at an address that the API has not.
    case address
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
            .deviceHeld, .fenceStale, .guestEnded, .guestLost, .guestPaused, .hostnameTaken, .imageInUse, .nameTaken, .notPublished,
            .portForwarded,
            .publicPortTaken, .quotaExceeded, .recordsRestored, .renewalsExhausted, .staleVersion, .stateForbids, .superseded:
            409
        case .diskGone, .eventsGone, .memoryGone: 410
        case .requestTooLarge: 413
        case .unsupportedMediaType: 415
        case .idempotencyMismatch, .imageForeignReference, .imageHashMismatch, .imageMalformed, .imageTooLarge, .invalidField,
            .publicPortOutside:
            422
        case .upgradeRequired: 426
        case .preconditionRequired: 428
        case .callsUnderWay, .rateLimited: 429
        case .headersTooLarge: 431
        case .internalFault, .passwordSealed, .replayMismatch: 500
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

    /// What is wrong: of its code's text, but where an instance has none of what a verb is about, that is said rather than that some address
    /// is not there.
    static func detail(_ error: CloudError, in language: Language) -> String {
        guard let (instance, part) = missing(error) else {
            return fill(text(of: error.code, in: language).detail, error.parameters, in: language)
        }
        let said: String
        switch language {
        case .english: said = englishText(ofMissing: part)
        case .hungarian: said = hungarianText(ofMissing: part)
        }
        return fill(said, ["instance": instance], in: language)
    }

    /// What to do after a refusal: of its code's text, but who is missing a right that comes with a role learns that no owner gives it, and
    /// who resizes what runs how that is done; what is in the trash is to be taken out of it first.
    public static func advice(_ error: CloudError, in language: Language) -> String {
        let (said, parameters) = (special(error), error.parameters)
        guard let said else { return fill(text(of: error.code, in: language).next, parameters, in: language) }
        let roles = SiteRole.allCases.filter { $0.permissions.contains { $0.rawValue == parameters["needed"] } }.map(\.rawValue)
        let words = language == .hungarian ? hungarianAdvice(said) : englishAdvice(said)
        return fill(words, parameters.merging(["roles": roles.joined(separator: ", ")]) { $1 }, in: language)
    }

    private static func special(_ error: CloudError) -> SpecialAdvice? {
        let parameters = error.parameters
        if error.code == .denied, parameters["needed"].flatMap(Permission.init) != nil { return .role }
        if error.code == .stateForbids, parameters["verb"] == "resize", parameters["state"] == "running" { return .restart }
        if error.code == .stateForbids, parameters["state"] == InstanceState.destroyed.rawValue, parameters["verb"] != Verb.destroy.rawValue
        {
            return .recover
        }
        if error.code == .notFound, parameters["object"]?.hasPrefix("/") == true { return .address }
        return missing(error) == nil ? nil : .makeOne
    }

    /// The instance that has none of some parts, and of which.
    private static func missing(_ error: CloudError) -> (instance: String, part: InstancePart)? {
        guard error.code == .notFound, let object = error.parameters["object"], let slash = object.firstIndex(of: "/"),
            let part = InstancePart(rawValue: String(object[object.index(after: slash)...])),
            ID<InstanceKind>(String(object[..<slash])) != nil
        else { return nil }
        return (String(object[..<slash]), part)
    }

    /// The names of a code's parameters: what its texts may mention.
    public static func parameters(of code: ErrorCode) -> [String] {
        switch code {
        case .addressesExhausted: ["network", "size"]
        case .agentMissing, .agentRefused, .agentSilent, .guestEnded, .guestLost: ["instance"]
        case .busy: ["object", "operation"]
        case .cancelled, .cancelledLate: ["operation"]
        case .checkpointUnfit: ["instance", "reason"]
        case .checkpointsFull: ["instance", "limit"]
        case .courseClosed: ["group", "first", "last", "zone"]
        case .denied: ["verb", "object", "needed"]
        case .deviceHeld: ["instance", "device"]
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
        case .memoryGone, .passwordSealed: ["instance"]
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
