// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Testing

@Suite struct CommandLedgerTests {
    let one = ID<OperationKind>(bits: 0, 1)
    let two = ID<OperationKind>(bits: 0, 2)
    func command(_ run: ID<OperationKind>, _ step: String, _ fence: Int64) -> Command {
        Command(run: run, step: step, fence: Fence(fence))
    }

    @Test func aRepeatGetsTheFirstResultAndAnOlderFenceARefusal() throws {
        var ledger = CommandLedger()
        #expect(try ledger.admit(command(one, "a", 3), on: "x") == .fresh)
        ledger.done(command(one, "a", 3), on: "x", result: "first")
        ledger.done(command(one, "a", 3), on: "x", result: "second")
        #expect(try ledger.admit(command(one, "a", 3), on: "x") == .repeat("first"))
        #expect(try ledger.admit(command(one, "a", 3), on: "y") == .fresh)
        #expect(throws: CloudError.self) { try ledger.admit(command(one, "a", 2), on: "x") }
        ledger.acknowledge(one)
        #expect(try ledger.admit(command(one, "a", 3), on: "x") == .fresh)
    }

    /// Otherwise the ledger of a host would grow with every command that it ever did.
    @Test func aNewerFenceForgetsTheResultsUnderTheOlder() throws {
        var ledger = CommandLedger()
        for fence in 1...1000 as ClosedRange<Int64> {
            _ = try ledger.admit(command(two, "step \(fence)", fence), on: "x")
            ledger.done(command(two, "step \(fence)", fence), on: "x")
        }
        #expect(try JSONEncoder().encode(ledger).count < 300)
        #expect(ledger.fence(of: "x") == Fence(1000))
        ledger.saw(Fence(7), on: "x")
        #expect(try ledger.admit(command(two, "step 1000", 1000), on: "x") == .repeat(""))
    }
}
