// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor
    import LibvirtClient

    extension LibvirtHypervisor {
        /// As ``GuestDisks/attach(_:slot:to:_:)``: of the run only, for a domain's description is made anew with each start.
        public func attach(_ disk: GuestDisk, slot: Int, to instance: ID<InstanceKind>, _ command: Command) async throws {
            let xml = try DomainDescription.disk(slot, files(of: disk)).rendered()
            try await effect("attach disk", on: instance, command, within: limits.effect) { _, found in
                let domain = try Self.running(instance, found, for: "attach-disk")
                guard try !Self.disks(of: domain).contains(disk.disk) else { return }
                try domain.attachDevice(xml)
            }
        }

        /// As ``GuestDisks/detach(_:from:_:)``.
        public func detach(_ disk: ID<DiskKind>, from instance: ID<InstanceKind>, _ command: Command) async throws {
            let alias = DomainDescription.alias(ofSerial: String(disk.body.prefix(20)))
            try await effect("detach disk", on: instance, command, within: limits.effect) { _, found in
                switch found {
                case .foreign: throw Self.foreign(instance)
                case .absent: throw CloudError(.notFound, ["object": instance.text])
                case .ours(let domain, _):
                    guard try domain.power() == .running || domain.power() == .paused, try Self.disks(of: domain).contains(disk) else {
                        return
                    }
                    try domain.detachDevice(alias: alias)
                }
            }
        }

        /// As ``GuestDisks/grow(_:to:of:_:)``.
        public func grow(_ disk: GuestDisk, to size: ByteCount, of instance: ID<InstanceKind>, _ command: Command) async throws {
            let path = try storage.path(of: disk)
            try await effect("grow disk", on: instance, command, within: limits.effect) { _, found in
                let domain = try Self.running(instance, found, for: "grow-disk")
                guard try domain.capacity(of: path) < UInt64(size.bytes) else { return }
                try domain.resizeBlock(path, to: UInt64(size.bytes))
            }
        }

        /// As ``GuestDisks/disks(of:)``: what libvirt says of the run.
        public func disks(of instance: ID<InstanceKind>) async throws -> [ID<DiskKind>] {
            do {
                return try await questions.run(within: limits.question) { session in
                    guard case .ours(let domain, _) = try Self.find(instance, in: session) else { return [] }
                    return try Self.disks(of: domain).sorted()
                }
            } catch { throw border.question("disks of \(instance)", error) }
        }

        static func running(_ instance: ID<InstanceKind>, _ found: Found, for verb: String) throws -> LibvirtDomain {
            switch found {
            case .foreign: throw Self.foreign(instance)
            case .absent: throw CloudError(.notFound, ["object": instance.text])
            case .ours(let domain, _):
                let power = try domain.power()
                guard power == .running else {
                    throw CloudError(
                        .stateForbids,
                        ["verb": verb, "state": power.rawValue, "object": instance.text, "allowed": "running"])
                }
                return domain
            }
        }

        /// Files of disks bear their ids as names.
        static func disks(of domain: LibvirtDomain) throws -> [ID<DiskKind>] {
            let devices = try XMLNode(parsing: domain.description())["devices"].flatMap { $0["disk"] }
            return devices.compactMap { disk in
                disk["source"].first?.attributes["file"]?.split(separator: "/").last.flatMap { ID<DiskKind>($0) }
            }
        }
    }
#endif
