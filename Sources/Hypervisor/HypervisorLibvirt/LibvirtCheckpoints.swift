// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor
    import LibvirtClient

    extension LibvirtHypervisor {
        /// As ``GuestCheckpoints/turn(_:to:keeping:_:)``: an external snapshot of which libvirt keeps no book, for libvirt (9.0) does not
        /// revert to one, and would not migrate a guest that has one.
        public func turn(
            _ instance: ID<InstanceKind>, to disk: GuestDisk, keeping memory: MemoryImage?, _ command: Command
        ) async throws {
            let path = try storage.path(of: disk)
            let file = try memory.map { MemoryFile(path: try storage.path(of: $0)) }
            try await effect("checkpoint", on: instance, command, .minutes, within: limits.memory) { _, found in
                if case .ours(let domain, _) = found { try Self.mustBeIdle(domain) }
                // A guest that ended since has the disk it turned to in its description, and must not be taken for one that never did.
                if case .ours(let domain, _) = found, try Self.disks(of: domain).contains(disk.disk) {
                    if let file, !file.isThere { try Self.publish(file) }
                    return
                }
                let domain = try Self.running(instance, found, for: "checkpoint")
                let snapshot = try SnapshotDescription(disk: path, memory: file?.partial, of: domain.description()).xml()
                try file?.remove()
                do { try domain.turn(as: snapshot, withMemory: file != nil) } catch {
                    // Asked first: where the connection broke the file may still be growing, and is left alone. A guest that has turned
                    // writes the new disk, whatever the call says.
                    guard try Self.disks(of: domain).contains(disk.disk) else {
                        if try !domain.isAtWork() { try file?.remove() }
                        throw error
                    }
                }
                try Self.publish(file)
            }
        }

        /// After the turn: no refusal any more, for the undo of a refused turn removes the disk that the guest writes.
        private static func publish(_ file: MemoryFile?) throws {
            do { try file?.publish() } catch { throw OutcomeUnknown("the guest has turned, its memory is not kept yet: \(error)") }
        }

        /// As ``GuestCheckpoints/recall(_:_:)``: the file has two names then, and neither waking nor discarding touches what is in it.
        public func recall(_ memory: MemoryImage, _ command: Command) async throws {
            let kept = MemoryFile(path: try storage.path(of: memory))
            let own = MemoryFile(path: try storage.path(of: memory.own))
            try await effect("recall", on: memory.instance, command, within: limits.effect) { _, _ in
                guard kept.isThere else { throw CloudError(.notFound, ["object": memory.checkpoint?.text ?? memory.instance.text]) }
                try own.remove()
                try DurableFiles.link(kept.path, to: own.partial)
                try own.publish()
            }
        }
    }

    /// libvirt's XML of a snapshot: the disk that boots goes on in another file, the others stay where they are.
    struct SnapshotDescription {
        private let targets: [String]
        let disk: String
        let memory: String?

        /// For a domain by its present description.
        init(disk: String, memory: String?, of domain: String) throws(CloudError) {
            self.disk = disk
            self.memory = memory
            targets = try XMLNode(parsing: domain)["devices"].flatMap { $0["disk"] }
                .compactMap { $0["target"].first?.attributes["dev"] }
        }

        func xml() throws(CloudError) -> String {
            let first = DomainDescription.diskName(0)
            let saved = memory.map { XMLElement("memory", ["snapshot": "external", "file": $0]) }
            return try XMLElement(
                "domainsnapshot", [:],
                [
                    saved ?? XMLElement("memory", ["snapshot": "no"]),
                    XMLElement(
                        "disks", [:],
                        [
                            XMLElement(
                                "disk", ["name": first, "snapshot": "external", "type": "file"],
                                [XMLElement("driver", ["type": "qcow2"]), XMLElement("source", ["file": disk])])
                        ] + targets.filter { $0 != first }.map { XMLElement("disk", ["name": $0, "snapshot": "no"]) }),
                ]
            ).rendered()
        }
    }
#endif
