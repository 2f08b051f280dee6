// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudHTTP
    import CloudModel
    import Foundation
    import Testing

    /// Requests that are refused, over a real connection: status, code, the sentence in both languages, and a world as it was.
    @Suite struct BadRequestTests {
        private struct Row {
            let (method, target, body, fields): (String, String, String?, Fields)
            let (status, code, english, hungarian): (Int, ErrorCode, String, String)

            init(
                _ method: String, _ target: String, _ body: String?, _ status: Int, _ code: ErrorCode, _ english: String,
                _ hungarian: String, fields: Fields = [:]
            ) {
                (self.method, self.target, self.body, self.fields) = (method, target, body, fields)
                (self.status, self.code, self.english, self.hungarian) = (status, code, english, hungarian)
            }
        }

        private func check(_ rows: [Row]) async throws {
            try await Listening.with { site, wire in
                let template = try await site.template()
                let instance = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"taken"}"#).object
                func filled(_ text: String) -> String { text.replacing("TMPL", with: template).replacing("VM", with: instance) }
                for row in rows {
                    let what = "\(row.method) \(row.target) \(row.body?.prefix(100) ?? "")"
                    try await site.untouched(what) {
                        for (language, sentence) in [("en", row.english), ("hu", row.hungarian)] {
                            var fields = row.fields
                            fields["Accept-Language"] = language
                            let answer = try await wire.call(
                                row.method, filled(row.target), row.body.map { Array(filled($0).utf8) }, fields: fields)
                            let problem = try answer.problem()
                            #expect(answer.status == row.status && problem.status == row.status, "\(what): \(answer.text)")
                            #expect(problem.code == row.code.rawValue, "\(what): \(answer.text)")
                            #expect(problem.detail == filled(sentence), "\(what)")
                            #expect(answer.fields["Content-Language"] == language && !problem.next.isEmpty && !problem.title.isEmpty)
                            #expect(answer.fields["Content-Type"] == Problem.mediaType)
                        }
                    }
                }
            }
        }

        private static func create(_ rest: String) -> String { #"{"template":"TMPL","name":"new","# + rest + "}" }

        @Test func json() async throws {
            let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
            func malformed(_ body: String, _ english: String, _ hungarian: String) -> Row {
                Row("POST", "/v1/instances", body, 400, .malformedRequest, english, hungarian)
            }
            try await check([
                malformed(
                    Self.create(#""colour":"red""#), "In “/colour”: the field is not known.", "Hely: „/colour”; ok: ismeretlen mező."),
                malformed(
                    Self.create(#""owner":"user-x""#), "In “/owner”: the field is not known.", "Hely: „/owner”; ok: ismeretlen mező."),
                malformed(
                    Self.create(#""count":1,"count":2"#), "In “/count”: the key is there twice.",
                    "Hely: „/count”; ok: a kulcs kétszer szerepel."),
                malformed(
                    Self.create(#""count":1,"c\u006funt":2"#), "In “/count”: the key is there twice.",
                    "Hely: „/count”; ok: a kulcs kétszer szerepel."),
                malformed(
                    deep,
                    "In “/\(Array(repeating: "0", count: 64).joined(separator: "/"))”: arrays and objects are nested more than 64 deep.",
                    "Hely: „/\(Array(repeating: "0", count: 64).joined(separator: "/"))”; ok: a tömbök és objektumok 64 szintnél mélyebbek."
                ),
                malformed(
                    #"{"template":"TMPL","name":"\ud800"}"#, "In “/name”: there is an escape sequence that means no character.",
                    "Hely: „/name”; ok: van egy jelsorozat, amely nem jelent karaktert."),
                malformed(
                    #"{"template":"TMPL","name":"\udc00\ud800"}"#, "In “/name”: there is an escape sequence that means no character.",
                    "Hely: „/name”; ok: van egy jelsorozat, amely nem jelent karaktert."),
                malformed(
                    "{\"template\":\"TMPL\",\"name\":\"a\u{0}b\"}", "In “/name”: a control character in a string is not escaped.",
                    "Hely: „/name”; ok: egy vezérlőkarakter jelöletlenül áll a szövegben."),
                malformed(
                    Self.create(#""count":1e3"#), "In “/count”: a whole number below 2^53 is due here.",
                    "Hely: „/count”; ok: itt 2^53-nál kisebb egész számnak kell állnia."),
                malformed(
                    Self.create(#""count":99999999999999999999"#), "In “/count”: a whole number below 2^53 is due here.",
                    "Hely: „/count”; ok: itt 2^53-nál kisebb egész számnak kell állnia."),
                malformed(
                    Self.create(#""count":NaN"#), "In “/count”: there is a character that cannot stand here.",
                    "Hely: „/count”; ok: olyan karakter áll itt, amely nem állhat itt."),
                malformed(
                    "{} {}", "In the request: something follows the end of the value.",
                    "Hely: az egész kérés; ok: az érték vége után még van valami."),
                malformed("[]", "In the request: an object is due here.", "Hely: az egész kérés; ok: itt objektumnak kell állnia."),
                malformed(
                    "{\"template\":", "In “/template”: the text ends in the middle of a value.",
                    "Hely: „/template”; ok: a szöveg egy érték közepén véget ér."),
            ])
        }

        @Test func values() async throws {
            func refused(_ body: String, _ pointer: String, _ english: String, _ hungarian: String) -> Row {
                Row(
                    "POST", "/v1/instances", body, 422, .invalidField, "The value of “\(pointer)” is refused: \(english).",
                    "Az érték nem jó. Hely: „\(pointer)”; ok: \(hungarian).")
            }
            let long = String(repeating: "x", count: 300)
            try await check([
                refused(
                    #"{"template":"TMPL","name":"a\u0000b"}"#, "/name", "a name has no control characters",
                    "a névben nem lehet vezérlőkarakter"),
                refused(#"{"template":"TMPL","name":""}"#, "/name", "a name is not empty", "a név nem lehet üres"),
                refused(
                    #"{"template":"TMPL","name":" x"}"#, "/name", "a name neither begins nor ends with a space",
                    "a név nem kezdődhet és nem végződhet szóközzel"),
                refused(
                    #"{"template":"TMPL","name":"\#(long)"}"#, "/name", "a name has at most 120 characters, this one has 300",
                    "a név legfeljebb 120 karakter, ez 300"),
                refused(
                    Self.create(#""count":0"#), "/count", "a number from 1 to \(BatchLimits.instances) is due here",
                    "itt 1 és \(BatchLimits.instances) közötti számnak kell állnia"),
                refused(
                    Self.create(#""count":1001"#), "/count", "a number from 1 to \(BatchLimits.instances) is due here",
                    "itt 1 és \(BatchLimits.instances) közötti számnak kell állnia"),
                refused(
                    #"{"template":"../../etc"}"#, "/template", "../../etc is no id that begins with tmpl-",
                    "../../etc: ez nem olyan azonosító, amely így kezdődik: tmpl-"),
                Row(
                    "POST", "/v1/instances/VM/forwarded-ports", #"{"targetPort":65536}"#, 422, .invalidField,
                    "The value of “/targetPort” is refused: a number from 1 to 65535 is due here.",
                    "Az érték nem jó. Hely: „/targetPort”; ok: itt 1 és 65535 közötti számnak kell állnia."),
                Row(
                    "POST", "/v1/instances/VM/forwarded-ports", #"{"targetPort":22,"transport":"sctp"}"#, 422, .invalidField,
                    "The value of “/transport” is refused: one of these is due here: tcp, udp.",
                    "Az érték nem jó. Hely: „/transport”; ok: ezek egyikének kell itt állnia: tcp, udp."),
                Row(
                    "POST", "/v1/instances/VM/resize", #"{"restart":true}"#, 422, .invalidField,
                    "The value of “/cpus” is refused: another number of processors, another size of memory, or both are due here.",
                    "Az érték nem jó. Hely: „/cpus”; ok: itt más számú processzornak, más méretű memóriának vagy mindkettőnek kell állnia."),
                Row(
                    "POST", "/v1/images", #"{"name":"x","upload":"up-x","format":"vmdk"}"#, 422, .invalidField,
                    "The value of “/format” is refused: one of these is due here: qcow2, raw.",
                    "Az érték nem jó. Hely: „/format”; ok: ezek egyikének kell itt állnia: qcow2, raw."),
                Row(
                    "POST", "/v1/images", #"{"name":"x","upload":"up-x","format":"raw","sha256":"abc"}"#, 422, .invalidField,
                    "The value of “/sha256” is refused: a SHA-256 is 64 lower-case hexadecimal digits.",
                    "Az érték nem jó. Hely: „/sha256”; ok: az SHA-256 64 tizenhatos számjegy, kisbetűvel."),
            ])
        }

        @Test func queriesAndHeaders() async throws {
            func wrong(_ target: String, _ parameter: String, _ english: String, _ hungarian: String) -> Row {
                Row(
                    "GET", target, nil, 422, .invalidField, "The value of the query parameter “\(parameter)” is refused: \(english).",
                    "Az érték nem jó. Hely: a lekérdezés „\(parameter)” paramétere; ok: \(hungarian).")
            }
            let noTag = "an entity tag is due here, as \"7\", or *"
            let noTagHungarian = "itt változatjelnek kell állnia, például \"7\", vagy *-nak"
            var rows = ["-1", "61", "1.5", "x", "", "99999999999999999999"].map { (wait: String) -> Row in
                wrong(
                    "/v1/operations/op-x?wait=\(wait)", "wait", "a number from 0 to 60 is due here",
                    "itt 0 és 60 közötti számnak kell állnia")
            }
            for cursor in ["abc", "MTo", "!!", String(repeating: "a", count: 600)] {
                rows.append(
                    wrong(
                        "/v1/instances?cursor=\(cursor)", "cursor", "this list, asked so, gave no such cursor",
                        "ilyen folytatást ez a lista, így kérdezve, nem adott"))
            }
            for limit in ["0", "501", "-5", "ten"] {
                rows.append(
                    wrong(
                        "/v1/instances?limit=\(limit)", "limit", "a number from 1 to 500 is due here",
                        "itt 1 és 500 közötti számnak kell állnia"))
            }
            for tag in ["7", "\"7", "\"7\" \"8\"", "\"7\",", "W/7"] {
                rows.append(
                    Row(
                        "POST", "/v1/instances/VM/start", "{}", 422, .invalidField,
                        "The value of the header field “If-Match” is refused: \(noTag).",
                        "Az érték nem jó. Hely: a(z) „If-Match” fejlécmező; ok: \(noTagHungarian).", fields: ["If-Match": tag]))
            }
            rows += [
                Row(
                    "GET", "/v1/events", nil, 422, .invalidField,
                    "The value of the header field “Last-Event-ID” is refused: no event has this number.",
                    "Az érték nem jó. Hely: a(z) „Last-Event-ID” fejlécmező; ok: nincs ilyen sorszámú esemény.",
                    fields: ["Last-Event-ID": "-3"]),
                wrong("/v1/instances?trash=1", "trash", "a truth value is due here", "itt logikai értéknek kell állnia"),
                wrong(
                    "/v1/operations?state=lost", "state",
                    "one of these is due here: queued, running, waiting, unwinding, stuck, done, undone, superseded",
                    "ezek egyikének kell itt állnia: queued, running, waiting, unwinding, stuck, done, undone, superseded"),
                wrong(
                    "/v1/events?until=now", "until", "a time is due here, as 2026-02-03T09:00:00Z",
                    "itt időpontnak kell állnia, például 2026-02-03T09:00:00Z"),
                Row(
                    "GET", "/v1/instances?nmae=x", nil, 400, .malformedRequest,
                    "In the query parameter “nmae”: the parameter is not known.",
                    "Hely: a lekérdezés „nmae” paramétere; ok: ismeretlen paraméter."),
                Row(
                    "GET", "/v1/instances?limit=1&limit=2", nil, 400, .malformedRequest,
                    "In the query parameter “limit”: the parameter is there twice.",
                    "Hely: a lekérdezés „limit” paramétere; ok: a paraméter kétszer szerepel."),
                Row(
                    "GET", "/v1/instances?name=%FF", nil, 400, .malformedRequest,
                    "In the request: the query is not percent-encoded UTF-8.",
                    "Hely: az egész kérés; ok: a lekérdezés nem százalékkódolt UTF-8."),
                Row(
                    "POST", "/v1/instances", "{}", 415, .unsupportedMediaType, "Only application/json is accepted here.",
                    "Itt csak ez fogadható: application/json.", fields: ["Content-Type": "text/xml"]),
            ]
            try await check(rows)
        }

        @Test func aWrongMethodIsToldTheRightOnes() async throws {
            try await Listening.with { site, wire in
                for (method, target, allowed) in [
                    ("DELETE", "/v1/instances", "GET, HEAD, OPTIONS, POST"), ("PUT", "/v1/instances/vm-1", "GET, HEAD, OPTIONS, PATCH"),
                    ("GET", "/v1/instances/vm-1/start", "OPTIONS, POST"), ("POST", "/healthz", "GET, HEAD, OPTIONS"),
                    ("TRACE", "/v1", "GET, HEAD, OPTIONS"), ("PROPFIND", "/v1", "GET, HEAD, OPTIONS"),
                ] {
                    try await site.untouched(target) {
                        for (language, sentence) in [
                            ("en", "\(method) is not among \(allowed)."), ("hu", "A \(method) nincs ezek között: \(allowed)."),
                        ] {
                            let answer = try await wire.call(method, target, fields: ["Accept-Language": language])
                            let problem = try answer.problem()
                            #expect(answer.status == 405 && answer.fields["Allow"] == allowed, "\(method) \(target)")
                            #expect(problem.code == "method-not-allowed" && problem.detail == sentence)
                        }
                    }
                }
            }
        }

        @Test func aBodyOfTenMegabytesIsTooLarge() async throws {
            try await Listening.with { site, wire in
                let body = [UInt8](repeating: 0x20, count: 10 << 20)
                try await site.untouched("10 MB") {
                    for (language, sentence) in [
                        ("en", "At most 1048576 bytes are accepted."), ("hu", "Legfeljebb 1048576 bájt fogadható."),
                    ] {
                        let answer = try await wire.call("POST", "/v1/instances", body, fields: ["Accept-Language": language])
                        let problem = try answer.problem()
                        #expect(answer.status == 413 && problem.code == "request-too-large" && problem.detail == sentence)
                    }
                }
            }
        }

        @Test func aRepeatedKeyWithAnotherBodyIsRefused() async throws {
            try await Listening.with { site, wire in
                let template = try await site.template()
                func body(_ name: String) -> String { #"{"template":"\#(template)","name":"\#(name)"}"# }
                let first = try await wire.call("POST", "/v1/instances", body("one"), fields: ["Idempotency-Key": "k-1"])
                #expect(first.status == 202)
                _ = try await site.ended(try #require(first.fields["Location"]))
                try await site.untouched("the same key") {
                    for (language, sentence) in [
                        ("en", "The Idempotency-Key k-1 was sent before with another body."),
                        ("hu", "A(z) k-1 Idempotency-Key korábban más tartalommal érkezett."),
                    ] {
                        let other = try await wire.call(
                            "POST", "/v1/instances", body("two"), fields: ["Idempotency-Key": "k-1", "Accept-Language": language])
                        let problem = try other.problem()
                        #expect(
                            other.status == 422 && problem.code == "idempotency-mismatch" && problem.detail == sentence, "\(other.text)")
                    }
                    let same = try await wire.call("POST", "/v1/instances", body("one"), fields: ["Idempotency-Key": "k-1"])
                    #expect(same.status == 202 && same.fields["Location"] == first.fields["Location"])
                }
            }
        }
    }
#endif
