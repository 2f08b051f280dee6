// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Testing

@Suite("A wire that is not there carries what a real one would, and nothing more")
struct JSONLoopbackTests {
    private struct Broken: Error {}

    @Test("a refusal arrives equal, without its detail, with and without a result")
    func refusal() async throws {
        let refusal = CloudError(.diskFull, ["store": "store-1", "needed": "7"], detail: "/srv/secret/path: error 28")
        let arrived = CloudError(.diskFull, ["store": "store-1", "needed": "7"])
        await #expect(throws: arrived) { _ = try await JSONLoopback.call { () -> Int in throw refusal } }
        await #expect(throws: arrived) { try await JSONLoopback.call { () -> Void in throw refusal } }
    }

    @Test("a lost answer arrives as one that was lost")
    func lost() async throws {
        await #expect { try await JSONLoopback.call { () -> Void in throw OutcomeUnknown("start: no answer") } } throws: { error in
            (error as? OutcomeUnknown)?.description == "start: no answer"
        }
    }

    @Test("what never was an answer passes as it is")
    func foreign() async throws {
        await #expect(throws: Broken.self) { try await JSONLoopback.call { () -> Void in throw Broken() } }
    }

    @Test("values arrive equal, also those that JSON does not take alone")
    func values() async throws {
        #expect(try JSONLoopback.through("text") == "text")
        #expect(try JSONLoopback.through(Int?.none) == nil)
        #expect(try JSONLoopback.through(ByteCount.gibibytes(4)) == .gibibytes(4))
        #expect(try await JSONLoopback.call { [1: "one"] } == [1: "one"])
    }
}
