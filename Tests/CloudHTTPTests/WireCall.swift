// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudHTTP
    import Foundation

    extension Wire {
        /// An answer as it came over the wire.
        struct Received: Sendable {
            let status: Int
            let fields: Fields
            let text: String

            init(_ raw: String) throws {
                guard let end = raw.range(of: "\r\n\r\n") else { throw Failed(call: "no answer: \(raw)") }
                let lines = raw[..<end.lowerBound].components(separatedBy: "\r\n")
                guard let status = Int(lines[0].dropFirst(9).prefix(3)) else { throw Failed(call: lines[0]) }
                self.status = status
                var fields = Fields()
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    fields.add(String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
                }
                self.fields = fields
                let body = raw[end.upperBound...]
                text = fields["Transfer-Encoding"] == "chunked" ? Self.whole(body) : String(body)
            }

            /// The content of chunks.
            private static func whole(_ chunks: Substring) -> String {
                var (rest, result) = (Array(chunks.utf8)[...], [UInt8]())
                while let end = rest.firstRange(of: Array("\r\n".utf8)),
                    let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16), size > 0
                {
                    result += rest[end.upperBound...].prefix(size)
                    rest = rest[end.upperBound...].dropFirst(size + 2)
                }
                return String(decoding: result, as: UTF8.self)
            }

            func body<Body: Decodable>(_ type: Body.Type) throws -> Body { try APICoding.decodeAnswer(type, from: Data(text.utf8)) }
            func problem() throws -> Problem { try body(Problem.self) }
        }

        /// Sends one request on a connection of its own and reads its answer.
        func call(_ method: String, _ target: String, _ body: [UInt8]? = nil, fields: Fields = [:]) async throws -> Received {
            var head = "\(method) \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            for field in fields.all { head += "\(field.name): \(field.value)\r\n" }
            if let body {
                if fields["Content-Type"] == nil { head += "Content-Type: application/json\r\n" }
                head += "Content-Length: \(body.count)\r\n"
            }
            return try Received(try await exchange(Array((head + "\r\n").utf8) + (body ?? [])))
        }

        /// The same with a text.
        func call(_ method: String, _ target: String, _ body: String, fields: Fields = [:]) async throws -> Received {
            try await call(method, target, Array(body.utf8), fields: fields)
        }
    }
#endif
