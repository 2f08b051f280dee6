// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import NetFabric

/// What every host's network must keep, as checks that throw a ``ContractViolation``. For those who implement the abilities: run
/// ``all`` against your own, directly and behind ``LoopbackFabric``. Each check makes its own ports and networks and takes them
/// away again; on a host that is in use they disturb nothing that bears other ids.
public struct NetFabricContract: Sendable {
    /// One rule and the check that attacks it.
    public struct Check: Sendable {
        /// The rule as a sentence.
        public let rule: String
        let body: @Sendable (NetFabricContract) async throws -> Void
    }

    let fabric: any FabricAbilities
    let salt: String
    let vlan: Int

    /// A run of the contract.
    /// - Parameters:
    ///   - fabric: what is checked.
    ///   - salt: lower-case letters and digits that set this run's ids apart from others on the same host.
    ///   - vlan: the first of two VLAN tags that the checks may use.
    public init(_ fabric: any FabricAbilities, salt: String = "contract", vlan: Int = 3001) {
        self.fabric = fabric
        self.salt = salt
        self.vlan = vlan
    }

    /// Every check, in an order that a reader likes.
    public static let all: [Check] = portChecks + lookChecks + networkChecks

    /// Runs one check; what it made is taken away also where it fails.
    public func run(_ check: Check) async throws { try await tidied { try await check.body(self) } }

    func tidied(_ body: () async throws -> Void) async throws {
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await tidy()
        try result.get()
        let left = try await fabric.inventory()
        let devices = try (0..<8).map { try port($0).device }
        try require(
            !left.devices.contains { devices.contains($0) } && !left.filtered.contains { devices.contains($0) }
                && !left.networks.contains { $0.hasPrefix("net-\(salt)") },
            "nothing is left where everything was taken away", "\(left)")
    }

    private func tidy() async throws {
        let end = try command("tidy", "end", fence: 1_000_000)
        for number in 0..<8 { try await fabric.remove(try port(number), end) }
        for number in 0..<2 { try await fabric.remove(try network(number).id, end) }
    }
}

// MARK: What the checks are made from

extension NetFabricContract {
    func command(_ run: String, _ step: String, fence: Int64 = 1) throws -> Command {
        // The checks of one salt share a host's ledger: a run's name carries the check's.
        Command(run: try id("op-\(salt)\(run)"), step: step, fence: Fence(fence))
    }

    func id<Kind: IDKind>(_ text: String) throws -> ID<Kind> {
        guard let id = ID<Kind>(text) else { throw ContractViolation(rule: "a salt is made of 0-9 and a-z", detail: text) }
        return id
    }

    func network(_ number: Int) throws -> FabricNetwork {
        guard let ipv4 = IPv4Network("10.\(200 + number).0.0/24"), let prefix = IPv6Address("fd00:200:\(number)::") else {
            throw ContractViolation(rule: "the fixture is sound", detail: "network \(number)")
        }
        return FabricNetwork(
            id: try id("net-\(salt)\(number)"), vlan: vlan + number, ipv4: ipv4, gateway: IPv4Address(number: ipv4.base.number + 1),
            ipv6Prefix: prefix, domain: "lab\(number).test")
    }

    /// The port of a number on network 0.
    func port(_ number: Int, mac: MACAddress? = nil) throws -> FabricPort {
        let network = try network(0)
        // The number comes first: a device's name keeps twelve characters of the id.
        let id: ID<PortKind> = try id("port-\(number)\(salt)")
        let ipv4 = IPv4Address(number: network.ipv4.base.number + 10 + UInt32(number))
        return FabricPort(
            id: id, network: network.id, vlan: network.vlan, mac: mac ?? MACAddress(of: id), ipv4: ipv4,
            ipv6: network.ipv6(of: ipv4), label: try DNSLabel("vm-\(number)"))
    }

    func forward(_ number: Int, to port: FabricPort) -> FabricForward {
        FabricForward(transport: number % 2 == 0 ? .tcp : .udp, publicPort: UInt16(30_200 + number), target: port.ipv4, targetPort: 22)
    }

    func picture(_ serial: Int64, of number: Int = 0, ports: [FabricPort] = [], forwards: [FabricForward] = []) throws -> NetworkPicture {
        NetworkPicture(serial: serial, network: try network(number), ports: ports, forwards: forwards)
    }

    func require(_ condition: Bool, _ rule: String, _ detail: @autoclosure () -> String = "it is not so") throws {
        guard condition else { throw ContractViolation(rule: rule, detail: detail()) }
    }

    func requireRefusal(_ code: ErrorCode, _ rule: String, _ body: () async throws -> Void) async throws {
        do { try await body() } catch let refusal as CloudError where refusal.code == code { return } catch {
            throw ContractViolation(rule: rule, detail: "expected \(code.rawValue), got \(error)")
        }
        throw ContractViolation(rule: rule, detail: "expected \(code.rawValue), but it was accepted")
    }
}
