// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import NetFabric

/// Compares what each host's network serves with the records, and repairs it: flows, rules, DHCP, names. Takes no input, may run at any
/// time; where all is as it should be it sends no command (invariant I40).
///
/// A pass looks at what can be seen of the whole host at once, where each port is compared with its record, and at each network that has a
/// machine there. Only at a port that is not as it should be does it look again. Ports of an instance that a verb has are left to it. What it
/// sends carries the fence that the row had before it looked, so a verb that came in between is never worked against: the host refuses the
/// older word.
public struct FabricWatch: Sendable {
    /// What a pass did.
    public struct Report: Sendable, Equatable {
        /// Networks that were served anew, in order.
        public fileprivate(set) var networks: [ID<NetworkKind>] = []
        /// Ports that were made anew, in order.
        public fileprivate(set) var ports: [ID<PortKind>] = []
        /// What could not be seen or repaired, and why, by host, network or port.
        public fileprivate(set) var failed: [String: String] = [:]
        /// Whether nothing was done.
        public var isQuiet: Bool { networks.isEmpty && ports.isEmpty && failed.isEmpty }
    }

    let cloud: Cloud

    /// A watch over a cloud's networks.
    public init(cloud: Cloud) { self.cloud = cloud }

    /// One pass over all hosts, one after the other. Throws what the store failed with.
    public func pass() async throws -> Report {
        var report = Report()
        for host in cloud.world.hosts.ids { try await look(at: host, into: &report) }
        return report
    }

    /// One pass over one host.
    public func pass(over host: ID<HostKind>) async throws -> Report {
        var report = Report()
        try await look(at: host, into: &report)
        return report
    }

    /// What a host should serve.
    struct Expected: Sendable {
        struct Place: Sendable {
            let port: FabricPort
            let fence: Fence
        }
        /// Pictures of the networks of which the host holds a machine.
        var pictures: [NetworkPicture] = []
        /// Networks of which a verb has a machine: their serials are on their way.
        var moving: Set<ID<NetworkKind>> = []
        /// The ports of machines that nobody has.
        var places: [Place] = []
        /// What is left as it is because a row of it cannot be read, and why: by machine, port or network.
        var unread: [String: any Error] = [:]
    }

    private func look(at host: ID<HostKind>, into report: inout Report) async throws {
        let expected = try await cloud.world.store.read { try $0.expectedFabric(on: host) }
        report.failed.merge(expected.unread.mapValues { "\($0)" }) { $1 }
        // Where verbs have all machines there is no port to look at, and their networks have to be served all the same.
        guard !expected.places.isEmpty || !expected.pictures.isEmpty else { return }
        do {
            let fabric = try cloud.world.hosts.parts(of: host).fabric
            let whole = try await fabric.inventory(against: expected.places.map(\.port)).whole
            for picture in expected.pictures where try await drifted(picture, expected.moving, fabric) {
                await attempt(picture.network.id.text, &report) { report in
                    _ = try await fabric.apply(picture, command("drift", Fence(0)))
                    report.networks.append(picture.network.id)
                }
            }
            for place in expected.places where !whole.contains(place.port.device) {
                await attempt(place.port.id.text, &report) { report in
                    guard try await fabric.observe(place.port) == .absent else { return }
                    try await fabric.ensure(place.port, command("drift", place.fence))
                    report.ports.append(place.port.id)
                }
            }
        } catch let error where error is CloudError || error is OutcomeUnknown { report.failed[host.text] = "\(error)" }
    }

    /// Whether a network's services are not what its picture says. While a verb has one of its machines the serial is on its way, and only
    /// what is broken counts.
    private func drifted(_ picture: NetworkPicture, _ moving: Set<ID<NetworkKind>>, _ fabric: any FabricAbilities) async throws -> Bool {
        guard case .present(let applied) = try await fabric.observe(picture.network.id) else { return true }
        return !applied.intact || applied.serial < picture.serial && !moving.contains(picture.network.id)
    }

    private func command(_ step: String, _ fence: Fence) -> Command {
        Command(run: cloud.world.ids.next(OperationKind.self), step: step, fence: fence)
    }

    /// One bad thing holds up no other.
    private func attempt(_ object: String, _ report: inout Report, _ repair: (inout Report) async throws -> Void) async {
        do { try await repair(&report) } catch let refusal as CloudError where refusal.code == .fenceStale {
            // A verb came first.
        } catch { report.failed[object] = "\(error)" }
    }
}

extension FabricWatch.Expected {
    /// Adds what a part of the rows says; one that cannot be read leaves that part as it is.
    fileprivate mutating func leaving(_ object: String, _ add: (inout Self) throws -> Void) throws {
        do { try add(&self) } catch let error as CloudError where error.isUnreadableRow { unread[object] = error }
    }
}

extension StoreView {
    /// What a host should serve of the networks of machines that it holds.
    func expectedFabric(on host: ID<HostKind>) throws -> FabricWatch.Expected {
        var expected = FabricWatch.Expected()
        var networks: [ID<NetworkKind>: Network] = [:]
        let held = try readable(Query<InstanceStatus>(.equals(.host, .id(host))))
        expected.unread.merge(held.unread) { $1 }
        // Of a machine that cannot be read nobody knows whether a verb has it: its ports are left, its networks served.
        let machines = held.rows.map { ($0.id.text, $0.operation == nil ? $0.fence : nil) } + held.unread.keys.sorted().map { ($0, nil) }
        for (machine, fence) in machines {
            let ports = try readable(Query<InstancePort>(.equals(.instance, .text(machine))))
            expected.unread.merge(ports.unread) { $1 }
            for port in ports.rows.inSlots where port.attached {
                try expected.leaving(port.network.text) { expected in
                    let network = try networks[port.network] ?? self.networks.get(port.network)
                    networks[port.network] = network
                    guard let fence else {
                        expected.moving.insert(port.network)
                        return
                    }
                    expected.places.append(.init(port: FabricPort(port, in: network), fence: fence))
                }
            }
        }
        for network in networks.keys.sorted() { try expected.leaving(network.text) { $0.pictures.append(try picture(of: network)) } }
        return expected
    }
}
