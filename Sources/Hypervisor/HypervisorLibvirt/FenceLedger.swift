// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import FoundationEssentials
    import Hypervisor
    import Synchronization

    /// The host's memory of commands, one small file per instance, so that a command costs the same however many instances there were.
    ///
    /// A newer fence is durable before the effect that it admits. That a command was done is written without waiting for the disk: after
    /// a loss of power no guest runs any more, and every effect is an "ensure".
    final class FenceLedger: Sendable {
        private let folder: String
        private let known = Mutex<[ID<InstanceKind>: CommandLedger]>([:])

        init(folder: String) throws(CloudError) {
            self.folder = folder
            try DurableFiles.makeFolder(folder)
        }

        /// Carries a command out unless it is old or was done before. Called on the thread that has the instance, so that two commands of
        /// one instance never meet here.
        /// - Parameter found: the fence in the metadata of the instance's domain, if there is one.
        func carryOut(_ command: Command, on instance: ID<InstanceKind>, found: Fence?, _ effect: () throws -> Void) throws {
            var ledger = try load(instance)
            let before = ledger.fence(of: instance.text)
            if let found { ledger.saw(found, on: instance.text) }
            let admission = try ledger.admit(command, on: instance.text)
            if ledger.fence(of: instance.text) != before { try keep(ledger, of: instance, durable: true) }
            guard case .fresh = admission else { return }
            try effect()
            ledger.done(command, on: instance.text)
            try keep(ledger, of: instance, durable: false)
        }

        /// The newest fence seen for an instance.
        func fence(of instance: ID<InstanceKind>) throws(CloudError) -> Fence { try load(instance).fence(of: instance.text) }

        private func path(_ instance: ID<InstanceKind>) -> String { "\(folder)/\(instance).json" }

        private func load(_ instance: ID<InstanceKind>) throws(CloudError) -> CommandLedger {
            if let ledger = known.withLock({ $0[instance] }) { return ledger }
            guard let bytes = try DurableFiles.read(path(instance)) else { return CommandLedger() }
            do {
                return try JSONDecoder().decode(CommandLedger.self, from: Data(bytes))
            } catch {
                // Without it an old command could not be told from a new one: an operator has to look.
                throw CloudError(.internalFault, ["part": "hypervisor"], detail: "ledger \(path(instance)) cannot be read: \(error)")
            }
        }

        private func keep(_ ledger: CommandLedger, of instance: ID<InstanceKind>, durable: Bool) throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try DurableFiles.write(Array(encoder.encode(ledger)), to: path(instance), durable: durable)
            known.withLock { $0[instance] = ledger }
        }
    }
#endif
