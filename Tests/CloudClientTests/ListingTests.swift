// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import Testing

@testable import CloudClient

@Suite struct ListingTests {
    private func page(_ ids: ClosedRange<Int>, next: String?) -> ScriptedTransport.Line {
        let items = ids.map { #"{"id":"grp-\#($0)","name":"n","owner":"user-1","extra":\#($0)}"# }.joined(separator: ",")
        return .answer(200, #"{"items":[\#(items)]\#(next.map { #","next":"\#($0)""# } ?? "")}"#)
    }

    @Test func pagesFollowTheCursor() async throws {
        let transport = ScriptedTransport([page(1...2, next: "a/b+c="), page(3...3, next: nil)])
        let listing = CloudClient.scripted(transport).list(GroupBody.self, "/v1/groups", [("name", "é &x")])
        let all = try await listing.all()
        #expect(all.map(\.value.id.text) == ["grp-1", "grp-2", "grp-3"])
        #expect(all.map { $0.json["extra"] } == [.number("1"), .number("2"), .number("3")])
        #expect(
            transport.calls.map(\.target) == [
                "/v1/groups?name=%C3%A9%20%26x&limit=500", "/v1/groups?name=%C3%A9%20%26x&limit=500&cursor=a%2Fb%2Bc%3D",
            ])
    }

    @Test func nobodyReadsPagesThatNobodyWants() async throws {
        let transport = ScriptedTransport([page(1...2, next: "x")])
        for try await _ in CloudClient.scripted(transport).list(GroupBody.self, "/v1/groups") { break }
        #expect(transport.calls.count == 1)
    }

    @Test func anEmptyPageInTheMiddleIsNoEnd() async throws {
        let empty = ScriptedTransport.Line.answer(200, #"{"items":[],"next":"b"}"#)
        let transport = ScriptedTransport([page(1...1, next: "a"), empty, page(2...2, next: nil)])
        #expect(try await CloudClient.scripted(transport).list(GroupBody.self, "/v1/groups").all().count == 2)
    }

    @Test func aPageThatLeadsToItselfIsNotFollowed() async throws {
        let transport = ScriptedTransport([page(1...1, next: "a"), page(2...2, next: "a")])
        await #expect(throws: ClientError.self) { try await CloudClient.scripted(transport).list(GroupBody.self, "/v1/groups").all() }
        #expect(transport.calls.count == 2)
    }
}
