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
    }

    /// A manager died while a command was on its way; another undid the run, and a minute later the command comes.
    @Test func whatARunHasUndoneDoesNotComeBack() throws {
        for undo in ["port/undo", "port/undo/off"] {
            var ledger = CommandLedger()
            #expect(try ledger.admit(command(one, undo, 3), on: "x") == .fresh)
            ledger.done(command(one, undo, 3), on: "x", isGone: true)
            let before = ledger
            let refusal = #expect(throws: CloudError.self) { try ledger.admit(command(one, "port", 3), on: "x") }
            #expect(refusal?.code == .fenceStale && refusal?.detail?.contains("undone") == true)
            #expect(ledger == before)
            // What else the undo needs, other things of the run, other runs, and the run under a newer fence are not meant.
            #expect(try ledger.admit(command(one, "port/undo/rules", 3), on: "x") == .fresh)
            #expect(try ledger.admit(command(one, "port", 3), on: "y") == .fresh)
            #expect(try ledger.admit(command(two, "port", 3), on: "x") == .fresh)
            #expect(try ledger.admit(command(one, "port", 4), on: "x") == .fresh)
        }
        #expect(!command(one, "undo", 1).isUndo && !command(one, "port/undone", 1).isUndo)
    }

    /// A host takes things away for years. What is here is never forgotten; what is gone not before others have gone.
    @Test func ofWhatIsGoneTheLastAreRemembered() throws {
        var ledger = CommandLedger()
        func remove(_ subject: String, _ fence: Int64) throws {
            _ = try ledger.admit(command(one, "remove", fence), on: subject)
            ledger.done(command(one, "remove", fence), on: subject, isGone: true, keeping: 10)
        }
        _ = try ledger.admit(command(one, "make", 7), on: "here")
        ledger.done(command(one, "make", 7), on: "here")
        for subject in ["back", "asked"] { try remove(subject, 7) }
        _ = try ledger.admit(command(two, "make", 8), on: "back")
        ledger.done(command(two, "make", 8), on: "back")
        // One that was asked for, and perhaps half made, when the manager was cut off.
        _ = try ledger.admit(command(two, "make", 7), on: "asked")
        for number in 0..<1000 {
            try remove("gone \(number)", 5)
            for late in max(0, number - 9)...number {
                #expect(throws: CloudError.self) { try ledger.admit(command(two, "make", 4), on: "gone \(late)") }
                #expect(try ledger.admit(command(one, "remove", 5), on: "gone \(late)") == .repeat(""))
            }
        }
        #expect(ledger.fence(of: "gone 0") == Fence(0))
        #expect(["here", "back", "asked"].map(ledger.fence) == [Fence(7), Fence(8), Fence(7)])
        #expect(try ledger.admit(command(one, "make", 7), on: "here") == .repeat(""))
        #expect(try JSONEncoder().encode(ledger).count < 4000)
    }

    @Test func aLedgerFromBeforeAnythingWasForgottenIsRead() throws {
        let older = Data(#"{"fences":{"x":3},"results":{"x":[{"run":"\#(one)","step":"a","result":"first"}]}}"#.utf8)
        var ledger = try JSONDecoder().decode(CommandLedger.self, from: older)
        #expect(try ledger.admit(command(one, "a", 3), on: "x") == .repeat("first"))
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
