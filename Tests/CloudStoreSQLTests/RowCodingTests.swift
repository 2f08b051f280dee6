// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Testing

@testable import CloudStoreSQL

@Suite struct RowCodingTests {
    private struct Inner: Codable, Equatable {
        var b: Int?
        var a: [String: Int]
    }
    private enum Colour: String, Codable { case red }
    private struct Sample: Codable, Equatable {
        var text: String
        var truth: Bool
        var small: UInt16
        var large: Int64
        var colour: Colour
        var moment: Timestamp?
        var interval: LeaseInterval
        var list: [String]
        var inner: Inner
        var maybe: Inner?
    }
    private let columns = ["text", "truth", "small", "large", "colour", "moment", "interval", "list", "inner", "maybe"]

    private func sample() -> Sample {
        Sample(
            text: "a\u{0}b'\"", truth: true, small: .max, large: .min, colour: .red, moment: nil, interval: .never, list: [],
            inner: Inner(b: nil, a: ["z": 1, "y/x": 2]), maybe: nil)
    }

    @Test func eachPropertyIsOneColumn() throws {
        let row = try RowEncoder(columns: columns).row(of: sample())
        #expect(
            row == [
                .text("a\u{0}b'\""), .integer(1), .integer(65535), .integer(.min), .text("red"), .null, .null, .text("[]"),
                .text(#"{"a":{"y/x":2,"z":1}}"#), .null,
            ])
    }

    @Test func aRowComesBack() throws {
        var value = sample()
        for _ in 0..<2 {
            let row = try RowEncoder(columns: columns).row(of: value)
            #expect(try RowDecoder(columns: columns).value(Sample.self, of: row) == value)
            value.moment = Timestamp(milliseconds: -5)
            value.interval = .after(.seconds(60))
            value.list = ["ő", "", "\u{1F642}"]
            value.maybe = Inner(b: 3, a: [:])
        }
    }

    @Test("a lease has no column with parts, and comes back with either date, both or none, told or not")
    func aLeaseLiesFlat() throws {
        let coding = InstanceLease.Column.allCases.map(\.rawValue)
        let (id, policy): (ID<InstanceKind>, ID<LeasePolicyKind>) = (try #require(ID("vm-1")), try #require(ID("lease-1")))
        let moments = [nil, Timestamp(milliseconds: 7)]
        let warnings = [nil, LeaseWarning(leadSeconds: 3), LeaseWarning(leadSeconds: 4, told: 2, toldAt: Timestamp(milliseconds: 9))]
        for (suspendAt, destroyAt) in zip(moments + moments, moments + moments.reversed()) {
            for suspend in warnings {
                for destroy in warnings {
                    let lease = InstanceLease(
                        id: id, policy: policy, dates: LeaseDates(suspendAt: suspendAt, destroyAt: destroyAt),
                        warnings: LeaseWarnings(suspend: suspend, destroy: destroy), renewals: 5, lookAt: suspendAt, failures: 6)
                    let row = try RowEncoder(columns: coding).row(of: lease)
                    #expect(row.filter { if case .text = $0 { true } else { false } } == [.text("vm-1"), .text("lease-1")])
                    #expect(try RowDecoder(columns: coding).value(InstanceLease.self, of: row) == lease)
                }
            }
        }
    }

    @Test func theOrderOfTheColumnsIsFree() throws {
        let backwards = Array(columns.reversed())
        let row = try RowEncoder(columns: backwards).row(of: sample())
        #expect(row.first == .null && row.last == .text("a\u{0}b'\""))
        #expect(try RowDecoder(columns: backwards).value(Sample.self, of: row) == sample())
    }

    @Test func aPropertyWithoutColumnIsAnError() {
        #expect(throws: EncodingError.self) { try RowEncoder(columns: Array(columns.dropLast(2))).row(of: self.sample()) }
    }

    @Test func aNumberThatNoColumnHoldsIsAnError() {
        #expect(throws: EncodingError.self) { try RowEncoder(columns: ["x"]).row(of: ["x": UInt64.max]) }
        #expect(throws: EncodingError.self) { try RowEncoder(columns: ["x"]).row(of: ["x": 1.5]) }
        #expect(throws: EncodingError.self) { try RowEncoder(columns: ["x"]).row(of: [1]) }
        #expect(throws: EncodingError.self) { try RowEncoder(columns: ["x"]).row(of: 1) }
    }

    @Test func aColumnThatDoesNotFitIsAnError() {
        let decoder = RowDecoder(columns: ["small"])
        for value in [StoreValue.integer(70_000), .integer(-1), .text("7"), .null] {
            #expect(throws: DecodingError.self) { try decoder.value([String: UInt16].self, of: [value]) }
        }
        #expect(throws: DecodingError.self) { try RowDecoder(columns: ["id"]).value([String: ID<PortKind>].self, of: [.text("vm-1")]) }
        #expect(throws: DecodingError.self) { try RowDecoder(columns: ["x"]).value([String: [Int]].self, of: [.integer(1)]) }
        #expect(throws: (any Error).self) { try RowDecoder(columns: ["x"]).value([String: [Int]].self, of: [.text("[1")]) }
    }

    /// What the table of runs has as columns is what a run writes.
    @Test func runsEntriesAndEventsFitTheirColumns() throws {
        var run = RunRecord(id: RunID("op-1"), kind: "k", version: 1, input: "{}", actor: "a", object: "o", parent: RunID("op-0"))
        run.waitingFor = "guest"
        run.failure = RunFailure(code: "busy")
        run.stuck = StuckPoint(step: "s", undoing: false, failure: RunFailure(code: "x"), attempts: 1)
        run.output = "{}"
        let row = try RowEncoder(columns: Schema.runColumns).row(of: run)
        #expect(!row.contains(.null), "a column that nothing fills")
        #expect(try RowDecoder(columns: Schema.runColumns).value(RunRecord.self, of: row) == run)
        let entry = try RowEncoder(columns: Schema.entryColumns).row(of: JournalEntry(.stepped, "disk", output: "{}"))
        #expect(entry == [.text("stepped"), .text("disk"), .text("{}")])
        let event = NewEvent(code: "c", object: "o", operation: "op-1", at: Timestamp(seconds: 1))
        let columns = try RowEncoder(columns: Schema.eventColumns).row(of: event)
        #expect(columns == [.text("c"), .text("o"), .text("op-1"), .integer(1000)])
    }
}
