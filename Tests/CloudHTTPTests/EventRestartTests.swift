// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudCore
    import CloudHTTP
    import CloudModel
    import Foundation
    import Glibc
    import Logging
    import Testing

    /// A follower whose daemon ends in the middle of the stream and comes back goes on behind its last event: nothing lost, nothing twice.
    @Suite struct EventRestartTests {
        @Test func aFollowerGoesOnAfterTheDaemonsRestart() async throws {
            try await Listening.with { site, wire in
                let template = try await site.template()
                for index in 0..<5 { _ = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"a-\#(index)"}"#) }
                var events = Follower()
                // The first stream breaks after some bytes, wherever that is: in the middle of an event too.
                let first = try await wire.opened("GET /v1/events?after=0 HTTP/1.1\r\nHost: x\r\n\r\n")
                while events.numbers.count < 4 { events.feed(try await Wire.piece(of: first)) }
                close(first)
                for index in 0..<5 { _ = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"b-\#(index)"}"#) }
                // Another daemon on the same records.
                let chance = SeededChance()
                let later = CloudService(
                    cloud: Cloud(world: site.cloud.world, clock: ContinuousClock()), settings: .init(version: "later"),
                    signIn: SignIn { _ in "admin" }, clock: ContinuousClock(), elapsed: { .zero }, chance: { chance.bytes($0) })
                let call = Call(
                    method: "GET", path: "/v1/events", query: "until=2000-01-01T00:00:00Z", fields: ["Last-Event-ID": events.lastID],
                    peer: .account(userID: 0))
                let rest = await Reply(later.answer(call))
                #expect(rest.status == 200)
                events.breakOff()
                events.feed(rest.text)
                let stored = try await site.cloud.world.store.read { try $0.events(after: 0, limit: 10_000) }.map(\.number)
                #expect(events.numbers == stored && stored.count > 8)
            }
        }

        /// What a client keeps: whole events only, and the id of the last whole one (HTML standard, 9.2).
        private struct Follower {
            private(set) var numbers: [Int64] = []
            private(set) var lastID = ""
            private var open = ""

            mutating func breakOff() { open = "" }
            mutating func feed(_ text: String) {
                // Chunk sizes and the head stand between; only lines of the stream count.
                open += text.replacing("\r\n", with: "\n")
                while let end = open.range(of: "\n\n") {
                    let lines = open[..<end.lowerBound].split(separator: "\n")
                    open = String(open[end.upperBound...])
                    guard let id = lines.last(where: { $0.hasPrefix("id: ") }) else { continue }
                    lastID = String(id.dropFirst(4))
                    if lines.contains(where: { $0.hasPrefix("data: ") }), let number = Int64(lastID) { numbers.append(number) }
                }
            }
        }
    }
#endif
