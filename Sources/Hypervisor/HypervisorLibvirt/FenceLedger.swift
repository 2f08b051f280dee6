// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import FoundationEssentials
    import Hypervisor
    import Synchronization

    /// The host's memory of commands, one small file per instance, so that a command costs the same however many instances there were: a line
    /// that is the whole ledger, and one for each change since.
    ///
    /// ```
    /// vm-….json    of what may be here           gone/vm-….json    of what is not; the oldest are forgotten
    /// ```
    /// A newer fence is durable before the effect that it admits. That a command was done is not waited for, and may be lost with the power: no
    /// guest runs any more then, and every effect is an "ensure". Such a line is passed over where it was cut off; the first never is, for it
    /// came with a rename.
    final class FenceLedger: Sendable {
        private let folder: String
        private struct Kept {
            var ledger = CommandLedger()
            /// How many changes stand behind the ledger in the file; nil where there is no file that they could stand in.
            var changes: Int?
        }
        private let known = Mutex<[ID<InstanceKind>: Kept]>([:])
        /// After so many changes the ledger is written anew. An instance seldom sees as many under one fence.
        private static let mostChanges = 64
        private let gone: GoneFences

        /// - Parameter kept: of so many instances that are gone the fence is remembered (`CommandLedger/goneKept`).
        init(folder: String, keeping kept: Int = CommandLedger.goneKept) throws(CloudError) {
            self.folder = folder
            try DurableFiles.makeFolder(folder)
            gone = try GoneFences(folder: folder + "/gone", keeping: kept)
        }

        /// Carries a command out unless it is old or was done before. Called in the instance's turn, so that two commands of one instance
        /// never meet here.
        /// - Parameters:
        ///   - found: the fence in the metadata of the instance's domain, if there is one.
        ///   - clears: whether nothing of the instance is here after the effect.
        /// - Throws: `fence-stale`; `disk-full` or `internal-fault` where the fence cannot be kept, and nothing was done; what the effect throws;
        ///   `OutcomeUnknown` where it was carried out and that cannot be kept, so that a repeat does it again.
        func carryOut(
            _ command: Command, on instance: ID<InstanceKind>, found: Fence?, clears: Bool = false, _ effect: () throws -> Void
        ) throws {
            guard try admit(command, on: instance, found: found) else { return }
            try effect()
            // No refusal any more: whoever is refused takes for granted that nothing was done, and undoes what came before.
            do {
                try done(command, on: instance)
                guard clears else { return }
                // Forgotten first: where this is cut off in the middle, the file is looked for again.
                known.withLock { $0[instance] = nil }
                try gone.take(path(instance), as: "\(instance).json")
            } catch { throw OutcomeUnknown("\(command.step) of \(instance) is done, and that it is could not be kept: \(error)") }
        }

        /// Judges a command: false for one that was done before. Called where ``carryOut`` is, for an effect that takes place elsewhere or
        /// later. Throws `fence-stale`, and `disk-full` or `internal-fault` where the fence cannot be kept. A repeat is harmless.
        func admit(_ command: Command, on instance: ID<InstanceKind>, found: Fence?) throws -> Bool {
            let kept = try load(instance)
            let (subject, before) = (instance.text, kept.ledger.fence(of: instance.text))
            var ledger = kept.ledger
            if let found { ledger.saw(found, on: subject) }
            let admission = try ledger.admit(command, on: subject)
            let fence = ledger.fence(of: subject)
            if fence != before { try keep(.saw(fence: fence, subject: subject), behind: kept, of: instance, durable: true) }
            if case .fresh = admission { return true } else { return false }
        }

        /// Remembers that a command was carried out; throws `disk-full` or `internal-fault`.
        func done(_ command: Command, on instance: ID<InstanceKind>) throws {
            try keep(.done(command: command, subject: instance.text), behind: load(instance), of: instance, durable: false)
        }

        /// Throws `fence-stale` for a command under an older fence than one seen. May be asked on any thread.
        func requireNewest(_ command: Command, on instance: ID<InstanceKind>) throws(CloudError) {
            let seen = try fence(of: instance)
            guard command.fence >= seen else {
                throw CloudError(.fenceStale, ["fence": command.fence.description, "seen": seen.description, "object": instance.text])
            }
        }

        /// The newest fence seen for an instance.
        func fence(of instance: ID<InstanceKind>) throws(CloudError) -> Fence { try load(instance).ledger.fence(of: instance.text) }

        /// The same for whoever looks at all guests. Where this one's file cannot be read, what its domain says of itself counts: a file hides
        /// no guest, and least of all the others. Commands are refused there all the same.
        func fence(of instance: ID<InstanceKind>, found: Fence) -> Fence {
            do throws(CloudError) { return max(found, try fence(of: instance)) } catch { return found }
        }

        private func path(_ instance: ID<InstanceKind>) -> String { "\(folder)/\(instance).json" }

        private func load(_ instance: ID<InstanceKind>) throws(CloudError) -> Kept {
            if let kept = known.withLock({ $0[instance] }) { return kept }
            var bytes = try DurableFiles.read(path(instance))
            let isHere = bytes != nil
            if bytes == nil { bytes = try gone.read("\(instance).json") }
            guard let bytes else { return Kept() }
            let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            do {
                var ledger = try JSONDecoder().decode(CommandLedger.self, from: Data(lines[0]))
                for line in lines.dropFirst() {
                    do { ledger.apply(try JSONDecoder().decode(CommandLedger.Change.self, from: Data(line))) } catch is DecodingError {
                        // Cut off: nobody waited for it.
                        continue
                    }
                }
                return Kept(ledger: ledger, changes: isHere ? lines.count - 1 : nil)
            } catch {
                // Without it an old command could not be told from a new one: an operator has to look.
                throw CloudError(.internalFault, ["part": "hypervisor"], detail: "ledger \(path(instance)) cannot be read: \(error)")
            }
        }

        private func keep(_ change: CommandLedger.Change, behind kept: Kept, of instance: ID<InstanceKind>, durable: Bool) throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            var now = kept
            now.ledger.apply(change)
            if let changes = kept.changes, changes < Self.mostChanges {
                now.changes = changes + 1
                try DurableFiles.append(Array(encoder.encode(change)), to: path(instance), durable: durable)
                known.withLock { $0[instance] = now }
            } else {
                now.changes = 0
                try DurableFiles.write(Array(encoder.encode(now.ledger)), to: path(instance), durable: true)
                // At once: from here on the disk has it, whatever becomes of the older file.
                known.withLock { $0[instance] = now }
                try gone.remove("\(instance).json")
            }
        }
    }

    /// The files of what is gone, in a folder of their own: the last that went there, and up to a quarter more.
    final class GoneFences: Sendable {
        private let folder: String
        private let kept: Int
        private let count: Mutex<Int>

        init(folder: String, keeping kept: Int) throws(CloudError) {
            self.folder = folder
            self.kept = kept
            try DurableFiles.makeFolder(folder)
            count = Mutex(try DurableFiles.names(in: folder).count)
        }

        func read(_ name: String) throws(CloudError) -> [UInt8]? { try DurableFiles.read("\(folder)/\(name)") }

        /// Makes sure that what is here again is not among them. The count stays: it is told anew when files are forgotten.
        func remove(_ name: String) throws(CloudError) { try DurableFiles.remove("\(folder)/\(name)") }

        /// Takes a file over. Where there are too many by then, those that were written longest ago go; a wrong clock makes them
        /// others, never more.
        func take(_ file: String, as name: String) throws(CloudError) {
            try DurableFiles.move(file, to: "\(folder)/\(name)", durable: false)
            let isOver = count.withLock { count in
                count += 1
                return count > kept + kept / 4
            }
            guard isOver else { return }
            let names = try DurableFiles.names(in: folder).map { (name: $0, time: DurableFiles.time("\(folder)/\($0)")) }
            for old in names.sorted(by: { ($0.time, $0.name) < ($1.time, $1.name) }).dropLast(kept) {
                try DurableFiles.forget("\(folder)/\(old.name)")
            }
            count.withLock { $0 = min(names.count, kept) }
        }
    }
#endif
