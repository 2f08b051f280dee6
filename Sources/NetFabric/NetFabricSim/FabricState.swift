// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import NetFabric

extension SimulatedFabric {
    /// A whole simulated network host: what is on it, and what it remembers of commands.
    public struct State: Hashable, Sendable, Codable {
        /// The parts that are there: what two worlds are compared by.
        public var parts = Parts()
        /// The commands that were seen.
        public var ledger = CommandLedger()
        /// Less than a real host's: the whole state is written with each effect.
        static let goneKept = 1000
        /// A host without anything.
        public init() {}
    }

    /// The parts of a simulated host's network.
    public struct Parts: Hashable, Sendable, Codable {
        /// The guests' ports by their devices.
        public var ports: [String: Port] = [:]
        /// The networks by the texts of their ids.
        public var networks: [String: Network] = [:]
        /// Nothing.
        public init() {}

        /// What breaks the rules of a fabric here, as sentences in order; empty on a host that is in order (invariant I5).
        public var violations: [String] {
            ports.filter { $0.value.isUp && $0.value.filter == nil }.keys.sorted().map { "I5: \($0) is up without a filter" }
        }
    }

    /// One guest's port, part by part.
    public struct Port: Hashable, Sendable, Codable {
        /// The port that the filter was made for; nil where there are no flows.
        public var filter: FabricPort?
        /// How many of the filter's flows somebody changed, took away or added behind the fabric's back.
        public var driftedFlows = 0
        /// Whether the tap device exists.
        public var hasTap = false
        /// The VLAN tag on the switch; nil where it is on no switch.
        public var tag: Int?
        /// Whether the tap's link is up.
        public var isUp = false
        /// Whether the host's own network stack is kept from hearing the guest.
        public var isMuted = false
        /// A port of which nothing is there.
        public init() {}

        /// Whether there are flows, of a port that is due exactly its own.
        func isFiltered(as due: FabricPort?) -> Bool { filter != nil && (due == nil || filter == due && driftedFlows == 0) }
        /// Whether a tap stands on the switch, for a port that is due in its VLAN, up, and unheard by the host.
        func isConnected(as due: FabricPort?) -> Bool {
            guard hasTap, let tag else { return false }
            return due.map { tag == $0.vlan && isUp && isMuted } ?? true
        }
    }

    /// One network's services, part by part.
    public struct Network: Hashable, Sendable, Codable {
        /// The newest picture asked for.
        public var picture: NetworkPicture
        /// The network that the gateway was made for; nil where there is no gateway.
        public var gateway: FabricNetwork?
        /// The ports that have a DHCP entry and a name.
        public var named: [FabricPort] = []
        /// Whether DHCP and names are answered.
        public var answers = false
        /// The forwarded ports in the rules; nil where there are no rules.
        public var forwards: [FabricForward]?
        /// A network of which nothing is there yet.
        public init(picture: NetworkPicture) { self.picture = picture }

        /// Whether every part is as the picture says.
        public var isIntact: Bool {
            gateway == picture.network && named == picture.ports && answers && forwards == picture.forwards
        }
    }
}
