// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What a placement knows of one host.
public struct HostFacts: Hashable, Sendable {
    /// What operators set.
    public let host: CloudHost
    /// Its newest report; nil where there was none.
    public let evidence: HostEvidence?
    /// What it holds for instances.
    public let claimed: ResourceAmounts
    /// The facts of a host.
    public init(host: CloudHost, evidence: HostEvidence?, claimed: ResourceAmounts) {
        self.host = host
        self.evidence = evidence
        self.claimed = claimed
    }
}

/// Why a host was not taken; each has its sentence in ``HostRejection/description``.
public struct HostRejection: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The host's name.
    public let host: DisplayName
    /// Why, as the end of a sentence that begins with the host's name.
    public let reason: String
    /// A rejection.
    public init(host: DisplayName, reason: String) {
        self.host = host
        self.reason = reason
    }
    /// The sentence.
    public var description: String { "\(host) \(reason)" }
}

/// Where an instance goes, and why it does not go elsewhere.
public struct Placement: Hashable, Sendable, Codable {
    /// The host.
    public let host: ID<HostKind>
    /// The other hosts that could not take it, in order of their names.
    public let rejections: [HostRejection]
    /// A placement.
    public init(host: ID<HostKind>, rejections: [HostRejection]) {
        self.host = host
        self.rejections = rejections
    }
}

/// What is to be placed.
public struct PlacementDemand: Hashable, Sendable {
    /// The instance, for the refusal.
    public var instance: ID<InstanceKind>
    /// Processors and memory that it will hold, and the room that its disk may come to fill.
    public var needs: ResourceAmounts
    /// The store that its disk is in, or will be: only a host that sees it can run it (invariant I21).
    public var store: ID<StoreKind>
    /// A demand.
    public init(_ needs: ResourceAmounts, of instance: ID<InstanceKind>, in store: ID<StoreKind>) {
        self.instance = instance
        self.needs = needs
        self.store = store
    }
}

/// How hosts that could take an instance are weighed.
public enum PlacementPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// The fullest first: few hosts are used.
    case packing
    /// The emptiest first: load is spread.
    case striping
}

/// The rules of placement: filter, then weigh. Deterministic: ties go to the smaller id.
public enum Scheduling {
    /// The host for a demand. Throws ``CloudModel/ErrorCode/noHost`` with the sentence for every host where none can take it, and
    /// ``CloudModel/ErrorCode/hostUnreachable`` where nobody hears of any that might: how much room they have is not known.
    /// - Parameter freshness: how old a report may be for a host to be taken (invariant I12).
    public static func place(
        _ demand: PlacementDemand, on hosts: [HostFacts], by policy: PlacementPolicy = .striping, freshness: Duration, at now: Timestamp
    ) throws(CloudError) -> Placement {
        var rejections: [HostRejection] = []
        var fitting: [HostFacts] = []
        for facts in hosts {
            if let reason = rejection(of: facts, demand, freshness, now) {
                rejections.append(HostRejection(host: facts.host.name, reason: reason))
            } else {
                fitting.append(facts)
            }
        }
        rejections.sort { $0.host < $1.host }
        let best = fitting.min { left, right in
            let (a, b) = (freeMemory(left), freeMemory(right))
            if a != b { return policy == .packing ? a < b : a > b }
            return left.host.id < right.host.id
        }
        guard let best else {
            let eligible = hosts.filter { isEligible($0, demand) }
            if !eligible.isEmpty, eligible.allSatisfy({ silence(of: $0, freshness, now) != nil }) {
                throw CloudError(.hostUnreachable, ["host": eligible.map(\.host.name).sorted().map(\.text).joined(separator: ", ")])
            }
            let sentences = rejections.map(\.description).joined(separator: "; ")
            throw CloudError(.noHost, ["instance": demand.instance.text, "hosts": sentences.isEmpty ? "there is no host" : sentences])
        }
        return Placement(host: best.host.id, rejections: rejections)
    }

    /// Why a host cannot take a demand; nil where it can.
    static func rejection(of facts: HostFacts, _ demand: PlacementDemand, _ freshness: Duration, _ now: Timestamp) -> String? {
        guard facts.host.state == .active else { return "is \(facts.host.state.rawValue)" }
        guard facts.host.store == demand.store else { return "does not see \(demand.store), where the disk is" }
        if let silence = silence(of: facts, freshness, now) { return silence }
        guard let evidence = facts.evidence else { return "has never reported" }
        let (needs, free) = (demand.needs, freeMemory(facts))
        guard needs.memory <= free else { return "has \(free) of memory free, \(needs.memory) are needed" }
        let cpus = evidence.cpus * facts.host.cpuRatio - facts.claimed.cpus
        guard needs.cpus <= cpus else {
            return "has \(cpus) processors free at \(facts.host.cpuRatio) per real one, \(needs.cpus) are needed"
        }
        guard needs.disk <= evidence.freeDisk else { return "has \(evidence.freeDisk) of disk free, \(needs.disk) are needed" }
        return nil
    }

    /// Whether a host may run a demand at all, however much room it has.
    private static func isEligible(_ facts: HostFacts, _ demand: PlacementDemand) -> Bool {
        facts.host.state == .active && facts.host.store == demand.store
    }

    /// Why nobody knows how a host is; nil where its report is fresh.
    private static func silence(of facts: HostFacts, _ freshness: Duration, _ now: Timestamp) -> String? {
        guard let evidence = facts.evidence else { return "has never reported" }
        let age = now - evidence.seenAt
        return age <= freshness ? nil : "was last heard of \(age.components.seconds) s ago"
    }

    private static func freeMemory(_ facts: HostFacts) -> ByteCount {
        (facts.evidence?.memory ?? .zero) - facts.host.reserve - facts.claimed.memory
    }
}
