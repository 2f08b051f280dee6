// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Foundation
    import Testing

    @testable import HypervisorLibvirt

    /// A folder that goes with its test.
    final class Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "lyceum-\(UUID().uuidString)").path
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }
        var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
        func write(_ name: String, _ text: String = "memory") throws { try Data(text.utf8).write(to: URL(filePath: path + "/" + name)) }
    }

    @Suite struct FenceLedgerTests {
        let folder: Folder
        init() throws { folder = try Folder() }

        func command(_ step: String, _ fence: Int64) -> Command { Command(run: Samples.run, step: step, fence: Fence(fence)) }

        @Test func outlivesTheProcess() throws {
            var done = 0
            let first = try FenceLedger(folder: folder.path)
            try first.carryOut(command("a", 4), on: Samples.instance, found: nil) { done += 1 }
            let second = try FenceLedger(folder: folder.path)
            try second.carryOut(command("a", 4), on: Samples.instance, found: nil) { done += 1 }
            #expect(done == 1)
            #expect(throws: CloudError.self) { try second.carryOut(command("b", 3), on: Samples.instance, found: nil) { done += 1 } }
            #expect(done == 1)
            #expect(try second.fence(of: Samples.instance) == Fence(4))
            #expect(folder.files == ["gone", "\(Samples.instance).json"])
        }

        /// An effect that takes place elsewhere: judged before, judged again when its turn has come, remembered afterwards.
        @Test func whatIsDoneElsewhereIsJudgedTwiceAndRememberedOnce() throws {
            let ledger = try FenceLedger(folder: folder.path)
            #expect(try ledger.admit(command("a", 4), on: Samples.instance, found: Fence(3)))
            #expect(try ledger.admit(command("a", 4), on: Samples.instance, found: nil), "what was not done is not remembered")
            #expect(try ledger.admit(command("b", 5), on: Samples.instance, found: nil))
            #expect(throws: CloudError.self) { try ledger.requireNewest(command("a", 4), on: Samples.instance) }
            try ledger.requireNewest(command("b", 5), on: Samples.instance)
            try ledger.done(command("b", 5), on: Samples.instance)
            #expect(try !ledger.admit(command("b", 5), on: Samples.instance, found: nil))
            #expect(throws: CloudError.self) { try ledger.admit(command("c", 6), on: Samples.instance, found: Fence(7)) }
        }

        @Test func whatFailedIsTriedAgainButItsFenceStands() throws {
            struct Failed: Error {}
            let ledger = try FenceLedger(folder: folder.path)
            #expect(throws: Failed.self) { try ledger.carryOut(command("a", 4), on: Samples.instance, found: nil) { throw Failed() } }
            #expect(throws: CloudError.self) { try ledger.carryOut(command("a", 3), on: Samples.instance, found: nil) {} }
            var done = 0
            try ledger.carryOut(command("a", 4), on: Samples.instance, found: nil) { done += 1 }
            #expect(done == 1)
        }

        /// A refusal says that nothing was done, and what came before is undone: the disk is removed that a guest has turned to.
        @Test func whatWasDoneAndCannotBeKeptIsNoRefusal() throws {
            let ledger = try FenceLedger(folder: folder.path)
            try ledger.carryOut(command("a", 4), on: Samples.instance, found: nil) {}
            var done = 0
            let (file, aside) = ("\(folder.path)/\(Samples.instance).json", "\(folder.path)/aside")
            #expect(throws: OutcomeUnknown.self) {
                try ledger.carryOut(command("b", 4), on: Samples.instance, found: nil) {
                    done += 1
                    // A folder takes no line.
                    try FileManager.default.moveItem(atPath: file, toPath: aside)
                    try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
                }
            }
            try FileManager.default.removeItem(atPath: file)
            try FileManager.default.moveItem(atPath: aside, toPath: file)
            try ledger.carryOut(command("b", 4), on: Samples.instance, found: nil) { done += 1 }
            #expect(done == 2, "a repeat does it again")
        }

        /// A loss of power cuts off what nobody waited for: that a command was done, never its fence, and nothing that is written behind.
        @Test func aLineThatWasCutOffSpoilsNoOther() throws {
            var (done, ledger) = (0, try FenceLedger(folder: folder.path))
            try ledger.carryOut(command("a", 4), on: Samples.instance, found: nil) {}
            let file = "\(folder.path)/\(Samples.instance).json"
            let whole = try String(contentsOfFile: file, encoding: .utf8)
            let line = try #require(whole.split(separator: "\n").last)
            for tail in [String(line.dropLast()), "", "\0\0\0\0", String(line.prefix(3))] {
                try folder.write("\(Samples.instance).json", "\(whole.dropLast(line.utf8.count + 1))\n\(tail)")
                ledger = try FenceLedger(folder: folder.path)
                #expect(throws: CloudError.self) { try ledger.carryOut(command("late", 3), on: Samples.instance, found: nil) {} }
                try ledger.carryOut(command("b", 4), on: Samples.instance, found: nil) { done += 1 }
                ledger = try FenceLedger(folder: folder.path)
                try ledger.carryOut(command("b", 4), on: Samples.instance, found: nil) { Issue.record("it was done before") }
                try ledger.carryOut(command("a", 4), on: Samples.instance, found: nil) { done += 1 }
            }
            #expect(done == 8, "what was cut off is done again")
        }

        /// A guest that is told something every minute under one fence.
        @Test func aLedgerStaysShort() throws {
            let ledger = try FenceLedger(folder: folder.path)
            var lengths: [Int] = []
            for fence in 1...4 as ClosedRange<Int64> {
                for step in 0..<50 { try ledger.carryOut(command("step \(step)", fence), on: Samples.instance, found: nil) {} }
                let again = try FenceLedger(folder: folder.path)
                for step in 0..<50 {
                    try again.carryOut(command("step \(step)", fence), on: Samples.instance, found: nil) { Issue.record("done twice") }
                }
                lengths.append(try String(contentsOfFile: "\(folder.path)/\(Samples.instance).json", encoding: .utf8).count)
            }
            let most = try #require(lengths.max())
            #expect(most < 64 * 120 + 50 * 100, "\(lengths)")
        }

        /// The ledger's folder may be lost with a host's disk; what runs still says under which fence.
        @Test func theDomainsOwnFenceCounts() throws {
            let ledger = try FenceLedger(folder: folder.path)
            #expect(throws: CloudError.self) { try ledger.carryOut(command("a", 4), on: Samples.instance, found: Fence(5)) {} }
            try ledger.carryOut(command("a", 5), on: Samples.instance, found: Fence(5)) {}
        }

        /// What is here is never forgotten; what is gone not before others have gone, also over a restart.
        @Test func ofWhatIsGoneTheLastAreRemembered() throws {
            var ledger = try FenceLedger(folder: folder.path, keeping: 8)
            try ledger.carryOut(command("start", 4), on: Samples.instance, found: nil) {}
            let others = (0..<60).map { ID<InstanceKind>(bits: 1, $0) }
            for (number, other) in others.enumerated() {
                if number == 30 { ledger = try FenceLedger(folder: folder.path, keeping: 8) }
                try ledger.carryOut(command("start", 4), on: other, found: nil) {}
                try ledger.carryOut(command("off", 5), on: other, found: Fence(4), clears: true) {}
                for late in others[max(0, number - 7)...number] {
                    #expect(throws: CloudError.self) { try ledger.carryOut(command("late", 4), on: late, found: nil) {} }
                    try ledger.carryOut(command("off", 5), on: late, found: nil, clears: true) { Issue.record("a repeat did it again") }
                }
                #expect(folder.files == ["gone", "\(Samples.instance).json"])
            }
            #expect((8...10).contains(try DurableFiles.names(in: folder.path + "/gone").count))
            #expect(try ledger.fence(of: others[0]) == Fence(0) && ledger.fence(of: Samples.instance) == Fence(4))
            // What comes back is here.
            try ledger.carryOut(command("start", 6), on: others[59], found: nil) {}
            #expect(folder.files == ["gone", "\(Samples.instance).json", "\(others[59]).json"].sorted())
            #expect(try !DurableFiles.names(in: folder.path + "/gone").contains("\(others[59]).json"))
        }

        @Test func aLedgerThatCannotBeReadRefuses() throws {
            try folder.write("\(Samples.instance).json", "{")
            let ledger = try FenceLedger(folder: folder.path)
            let refusal = #expect(throws: CloudError.self) { try ledger.carryOut(command("a", 9), on: Samples.instance, found: nil) {} }
            #expect(refusal?.code == .internalFault)
        }

        @Test func aLedgerThatCannotBeReadHidesNoGuest() throws {
            let good = ID<InstanceKind>(bits: 1, 1)
            try FenceLedger(folder: folder.path).carryOut(command("a", 7), on: good, found: nil) {}
            try folder.write("\(Samples.instance).json", "{")
            let ledger = try FenceLedger(folder: folder.path)
            #expect(ledger.fence(of: Samples.instance, found: Fence(5)) == Fence(5), "what its domain says")
            #expect(ledger.fence(of: good, found: Fence(5)) == Fence(7) && ledger.fence(of: good, found: Fence(9)) == Fence(9))
        }
    }

    @Suite struct MemoryFileTests {
        let folder: Folder
        let file: MemoryFile
        init() throws {
            folder = try Folder()
            file = MemoryFile(path: folder.path + "/vm-1.mem")
        }

        @Test func goesItsWay() throws {
            #expect(!file.isThere)
            try folder.write("vm-1.mem.partial")
            #expect(!file.isThere, "what is not complete is not there")
            try file.publish()
            #expect(file.isThere && folder.files == ["vm-1.mem"])
            try file.spend()
            #expect(!file.isThere && folder.files == ["vm-1.mem.spent"])
            try file.spend()
            try folder.write("vm-1.mem.partial")
            try file.publish()
            #expect(folder.files == ["vm-1.mem"], "what was spent before goes with the next sleep")
            try file.remove()
            try file.remove()
            #expect(folder.files.isEmpty)
        }

        @Test func aRunSpendsAlsoWhatWasNotComplete() throws {
            try folder.write("vm-1.mem.partial")
            try file.spend()
            #expect(folder.files.isEmpty)
        }
    }
#endif
