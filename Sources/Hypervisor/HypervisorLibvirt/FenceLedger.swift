// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import FoundationEssentials
    import Hypervisor
    import Synchronization

    /// The host's memory of commands, one small file per instance, so that a command costs the same however many instances there were.
    ///
    /// ```
    /// vm-….json    of what may be here           gone/vm-….json    of what is not; the oldest are forgotten
    /// ```
    /// A newer fence is durable before the effect that it admits. That a command was done may be lost with the power: no guest runs any
    /// more then, and every effect is an "ensure". The fence is not lost with it.
    final class FenceLedger: Sendable {
        private let folder: String
        private let known = Mutex<[ID<InstanceKind>: CommandLedger]>([:])
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
                try gone.take(path(instance), as: "\(instance).json")
            } catch { throw OutcomeUnknown("\(command.step) of \(instance) is done, and that it is could not be kept: \(error)") }
            known.withLock { $0[instance] = nil }
        }

        /// Judges a command: false for one that was done before. Called where ``carryOut`` is, for an effect that takes place elsewhere or
        /// later. Throws `fence-stale`, and `disk-full` or `internal-fault` where the fence cannot be kept. A repeat is harmless.
        func admit(_ command: Command, on instance: ID<InstanceKind>, found: Fence?) throws -> Bool {
            var ledger = try load(instance)
            let before = ledger.fence(of: instance.text)
            if let found { ledger.saw(found, on: instance.text) }
            let admission = try ledger.admit(command, on: instance.text)
            if ledger.fence(of: instance.text) != before { try keep(ledger, of: instance, .new) }
            if case .fresh = admission { return true } else { return false }
        }

        /// Remembers that a command was carried out; throws `disk-full` or `internal-fault`.
        func done(_ command: Command, on instance: ID<InstanceKind>) throws {
            var ledger = try load(instance)
            ledger.done(command, on: instance.text)
            try keep(ledger, of: instance, .oldOrNew)
        }

        /// Throws `fence-stale` for a command under an older fence than one seen. May be asked on any thread.
        func requireNewest(_ command: Command, on instance: ID<InstanceKind>) throws(CloudError) {
            let seen = try fence(of: instance)
            guard command.fence >= seen else {
                throw CloudError(.fenceStale, ["fence": command.fence.description, "seen": seen.description, "object": instance.text])
            }
        }

        /// The newest fence seen for an instance.
        func fence(of instance: ID<InstanceKind>) throws(CloudError) -> Fence { try load(instance).fence(of: instance.text) }

        private func path(_ instance: ID<InstanceKind>) -> String { "\(folder)/\(instance).json" }

        private func load(_ instance: ID<InstanceKind>) throws(CloudError) -> CommandLedger {
            if let ledger = known.withLock({ $0[instance] }) { return ledger }
            var bytes = try DurableFiles.read(path(instance))
            if bytes == nil { bytes = try gone.read("\(instance).json") }
            guard let bytes else { return CommandLedger() }
            do {
                return try JSONDecoder().decode(CommandLedger.self, from: Data(bytes))
            } catch {
                // Without it an old command could not be told from a new one: an operator has to look.
                throw CloudError(.internalFault, ["part": "hypervisor"], detail: "ledger \(path(instance)) cannot be read: \(error)")
            }
        }

        private func keep(_ ledger: CommandLedger, of instance: ID<InstanceKind>, _ durability: DurableFiles.Durability) throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try DurableFiles.write(Array(encoder.encode(ledger)), to: path(instance), durability)
            // At once: from here on the disk has it, whatever becomes of the older file.
            known.withLock { $0[instance] = ledger }
            try gone.remove("\(instance).json")
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
