// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import CloudStore
import CloudWorkflow
import ImageStore

extension CloudService {
    /// Answers a call. Never throws: whatever goes wrong is a problem (RFC 9457).
    public func answer(_ call: Call) async -> Answer {
        let began = elapsed()
        let id = requestID(call.fields["X-Request-Id"])
        let language = Language(acceptLanguage: call.fields["Accept-Language"])
        var (user, path, failure): (ID<UserKind>?, String?, String?) = (nil, nil, nil)
        var answer: Answer
        do { answer = try await respond(to: call, id: id, language: language, found: { path = $0.path }, recognised: { user = $0 }) } catch
        {
            var refusal = Self.refusal(of: error)
            failure = refusal.description
            let isStale = refusal.code == .staleVersion && call.fields["If-Match"] != nil
            // A tag that we never gave names no version: then it is shown itself.
            if isStale, refusal.parameters["expected"]?.isEmpty == true {
                refusal = CloudError(.staleVersion, refusal.parameters.merging(["expected": call.fields["If-Match"] ?? ""]) { $1 })
            }
            answer = problem(refusal, status: isStale ? 412 : nil, id: id, language: language)
        }
        complete(&answer, id: id, language: language)
        if call.method == "HEAD", case .bytes(let bytes) = answer.body {
            answer.fields["Content-Length"] = String(bytes.count)
            answer.body = .bytes([])
        }
        log(
            Record(
                request: id, target: "\(call.method) \(SecretPath.shown(call.path))", method: call.method, route: path,
                status: answer.status, user: user,
                operation: answer.fields["Location"].flatMap { $0.split(separator: "/").last.map(String.init) }, error: failure,
                time: elapsed() - began))
        return answer
    }

    /// The fields that every answer has.
    func complete(_ answer: inout Answer, id: String, language: Language) {
        answer.fields["X-Request-Id"] = id
        answer.fields["Cache-Control"] = answer.fields["Cache-Control"] ?? "no-store"
        answer.fields["X-Content-Type-Options"] = "nosniff"
        answer.fields["Content-Language"] = language.rawValue
        answer.fields["Vary"] = [answer.fields["Vary"], "Accept-Language"].compactMap(\.self).joined(separator: ", ")
    }

    func problem(_ refusal: CloudError, status: Int? = nil, id: String, language: Language) -> Answer {
        do { return try .problem(Problem(refusal, in: language, status: status, requestId: id)) } catch { return Answer(status: 500) }
    }

    private func respond(
        to call: Call, id: String, language: Language, found: (Route) -> Void, recognised: (ID<UserKind>) -> Void
    ) async throws -> Answer {
        let (route, parameters): (Route, [String: String])
        switch RouteTable.match(call.method, call.path) {
        case .found(let match, let open): (route, parameters) = (match, open)
        case .none: throw CloudError(.notFound, ["object": SecretPath.shown(call.path)])
        case .otherMethods(let methods):
            let allowed = methods.joined(separator: ", ")
            if call.method == "OPTIONS" { return Answer(status: 204, fields: ["Allow": allowed]) }
            throw CloudError(.methodNotAllowed, ["method": call.method, "allowed": allowed])
        }
        found(route)
        let signedIn = try await signIn.caller(of: call, in: cloud)
        let caller = signedIn?.principal
        if let caller { recognised(caller.user) }
        if caller == nil, route.access == .signedIn { throw CloudError(.notSignedIn) }
        // What is open to all is no call of theirs: whoever watches the daemon hears of it also where somebody's calls are too many.
        let slot = route.access == .open ? nil : try caller.map { caller throws(CloudError) in try limits.enter(caller.user) }
        do {
            try ETag.checkSyntax(call.fields["If-Match"])
            let request = Request(
                id: id, language: language, route: route, parameters: parameters, query: try Percent.query(call.query, known: route.query),
                fields: call.fields, body: try await body(of: call, for: route), stream: route.body == .bytes ? call.body : NoBytes(),
                target: "\(call.method) \(call.path)", offersUpgrade: call.offersUpgrade, caller: caller,
                token: signedIn?.token)
            var answer = try await route.handler(self, request)
            guard case .stream(let write) = answer.body, call.method != "HEAD" else {
                slot?.end()
                if case .stream = answer.body { answer.body = .bytes([]) }
                return answer
            }
            answer.body = .stream { send in
                defer { slot?.end() }
                try await write(send)
            }
            return answer
        } catch {
            slot?.end()
            throw error
        }
    }

    /// The body of a JSON route, whole: refused by its type, by its declared length, and by what really comes.
    private func body(of call: Call, for route: Route) async throws -> [UInt8] {
        let declared = call.fields["Content-Length"].flatMap { Int64($0) } ?? 0
        let tooLarge = CloudError(
            .requestTooLarge, ["limit": String(route.body == .bytes ? settings.uploadLimit.bytes : Int64(settings.bodyLimit))])
        switch route.body {
        case .none: return []
        case .bytes:
            try accept(call.fields["Content-Type"], ["application/octet-stream"], required: false)
            guard declared <= settings.uploadLimit.bytes else { throw tooLarge }
            return []
        case .json:
            guard declared <= settings.bodyLimit else { throw tooLarge }
            var (bytes, stream): ([UInt8], any ByteStream) = ([], call.body)
            while let piece = try await stream.next() {
                guard bytes.count + piece.count <= settings.bodyLimit else { throw tooLarge }
                bytes += piece
            }
            let types = route.method == .patch ? ["application/merge-patch+json", "application/json"] : ["application/json"]
            try accept(call.fields["Content-Type"], types, required: !bytes.isEmpty)
            return bytes
        }
    }

    private func accept(_ header: String?, _ wanted: [String], required: Bool) throws(CloudError) {
        let refusal = CloudError(.unsupportedMediaType, ["accepted": wanted.joined(separator: ", ")])
        guard let header else {
            if required { throw refusal }
            return
        }
        let type = header.split(separator: ";").first.map { $0.filter { !$0.isWhitespace }.lowercased() }
        guard let type, wanted.contains(type) else { throw refusal }
    }

    /// The caller's id for the request where it is plain, otherwise a new one.
    func requestID(_ asked: String?) -> String {
        if let asked, (1...64).contains(asked.utf8.count),
            asked.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || "-_.".utf8.contains($0)
            })
        {
            return asked
        }
        return "req-" + BearerToken.text(of: chance(12))
    }

    /// What an error says to callers; what is no refusal becomes one that names no more than that something broke.
    static func refusal(of error: any Error) -> CloudError {
        switch error {
        case let error as CloudError: error
        case let error as RunRefused: CloudError(error.failure)
        case let error as RunIsStuck: CloudError(error.point.failure)
        case is CancellationError: CloudError(.unavailable, ["part": "lyceumd"], detail: "the daemon ends")
        default: CloudError(.internalFault, ["part": "lyceumd"], detail: "\(error)")
        }
    }
}
