// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor
    import LibvirtClient
    import Synchronization

    extension LibvirtHypervisor {
        /// Opens the display by a pair of sockets, one end of which libvirt hands to QEMU, so that nobody needs a path to it; the serial
        /// line by the socket that libvirt made beside its log.
        public func openConsole(
            _ kind: ConsoleKind, of instance: ID<InstanceKind>, under fence: Fence
        ) async throws -> any ConsoleChannel {
            let (ledger, lines, path) = (ledger, lines, console(of: instance).line)
            return try await ask("console of \(instance)") { session in
                guard case .ours(let domain, let metadata) = try Self.find(instance, in: session) else {
                    throw CloudError(.notFound, ["object": instance.text])
                }
                let seen = max(metadata.fence, try ledger.fence(of: instance))
                guard fence >= seen else { throw CloudError(.fenceStale, ["fence": fence.description, "seen": seen.description]) }
                let power = try domain.power()
                guard power == .running || power == .paused else { throw ConsoleLimits.off(instance, power) }
                switch kind {
                case .display: return SocketChannel(LocalSocket(owning: try domain.openDisplay()))
                case .serial: return try lines.open(path, of: instance)
                }
            }
        }

        /// By the names in the consoles' folder; what bears no instance's id there is nobody's console.
        public func consoles() async throws -> [ID<InstanceKind>] {
            let folder = consoles
            return try await LibvirtConnection.blocking { try ConsoleFiles.owners(in: folder) }
        }
    }

    /// The serial lines that are open: one for each guest, for QEMU speaks with one caller at a time and lets the next wait in silence.
    final class SerialLines: Sendable {
        private struct Line {
            weak var channel: SocketChannel?
        }
        private let open = Mutex<[ID<InstanceKind>: Line]>([:])

        /// Ends the one before, then opens. Throws `unavailable` where nobody listens, or somebody else has taken the line.
        func open(_ path: String, of instance: ID<InstanceKind>) throws(CloudError) -> SocketChannel {
            open.withLock { $0[instance]?.channel }?.close()
            let channel = SocketChannel(try LocalSocket(connectingTo: path))
            open.withLock { open in
                open = open.filter { $0.value.channel != nil }
                open[instance] = Line(channel: channel)
            }
            return channel
        }
    }
#endif
