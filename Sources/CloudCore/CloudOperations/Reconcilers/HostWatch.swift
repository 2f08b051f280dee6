// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import ImageStore

/// Reads every host's report: writes its evidence, what changed of its guests, and begins what must follow. A host that does not answer
/// holds up no other; its evidence grows old, and its instances are shown as unknown. A claimed instance is left to its holder.
public struct HostWatch: Sendable {
    /// What a pass saw.
    public struct Report: Sendable, Hashable {
        /// Hosts that reported, in order.
        public let heard: [ID<HostKind>]
        /// Hosts that did not answer, in order.
        public let silent: [ID<HostKind>]
        /// Instances whose records follow what was seen, in order.
        public let settled: [ID<InstanceKind>]
        /// Domains of ours that no record knows, in order: reported, never touched here.
        public let orphans: [ID<InstanceKind>]
    }

    let cloud: Cloud

    /// A watch over a cloud's hosts.
    public init(cloud: Cloud) { self.cloud = cloud }

    /// One pass.
    /// - Parameter driving: whether what follows is driven to its end in this task, for a cloud that nobody serves.
    public func pass(driving: Bool = false) async throws -> Report {
        var (heard, silent): ([ID<HostKind>], [ID<HostKind>]) = ([], [])
        var (settled, orphans): ([ID<InstanceKind>], [ID<InstanceKind>]) = ([], [])
        for host in cloud.world.hosts.ids {
            do {
                let parts = try cloud.world.hosts.parts(of: host)
                let report = try await parts.guests.report()
                let space = try await parts.disks.space()
                let plan = try await record(report, space, of: host)
                for (instance, failure) in plan.toSettle {
                    if try await settle(instance, failure, driving) { settled.append(instance) }
                }
                orphans += plan.orphans
                heard.append(host)
            } catch is CloudError { silent.append(host) } catch is OutcomeUnknown { silent.append(host) }
        }
        return Report(heard: heard, silent: silent, settled: settled.sorted(), orphans: orphans.sorted())
    }

    /// What must follow a report.
    struct Plan: Sendable {
        var toSettle: [(ID<InstanceKind>, CloudError?)] = []
        var orphans: [ID<InstanceKind>] = []
    }

    private func record(_ report: HostReport, _ space: StoreSpace, of host: ID<HostKind>) async throws -> Plan {
        let now = cloud.world.clock.now()
        return try await cloud.world.store.write { tx in
            let known = try tx.evidence.find(host)
            let fresh = HostEvidence(
                id: host, version: known?.version ?? 1, report: report.number, bootID: report.bootID, cpus: report.cpus,
                memory: report.memory,
                freeDisk: space.free, seenAt: now)
            if known == nil { try tx.evidence.insert(fresh) } else { try tx.evidence.update(fresh) }
            let seen = Dictionary(report.guests.map { ($0.instance, $0) }, uniquingKeysWith: { first, _ in first })
            let held = try tx.statuses.all(.equals(.host, .id(host)))
            var plan = Plan()
            for status in held {
                let sighting = seen[status.id]
                try note(sighting, of: status.id, on: host, in: tx, at: now)
                if status.operation == nil, let failure = Self.consequence(of: sighting?.power ?? .absent, for: status.state) {
                    plan.toSettle.append((status.id, failure.error))
                }
            }
            let heldIDs = Set(held.map(\.id))
            plan.orphans = try seen.keys.sorted().filter { try !heldIDs.contains($0) && tx.statuses.find($0)?.operation == nil }
            return plan
        }
    }

    /// What follows for a free instance in a state whose domain is seen so; nil for nothing. Pure.
    static func consequence(of power: GuestSighting.Power, for state: InstanceState) -> (error: CloudError?, Void)? {
        guard state.holdsHost else { return nil }
        switch power {
        case .running, .paused: return nil
        case .off: return (nil, ())
        case .crashed, .absent: return (CloudError(.internalFault, ["part": "the machine's process on its host"]), ())
        }
    }

    /// Writes a sighting where it is another than the last.
    private func note(
        _ sighting: GuestSighting?, of id: ID<InstanceKind>, on host: ID<HostKind>, in tx: any StoreTransaction, at now: Timestamp
    ) throws {
        let power = (sighting?.power ?? .absent).rawValue
        let fence = sighting?.fence ?? Fence(0)
        guard var known = try tx.sightings.find(id) else {
            try tx.sightings.insert(InstanceSighting(id: id, host: host, power: power, fence: fence, seenAt: now))
            return
        }
        guard known.power != power || known.host != host || known.fence != fence else { return }
        (known.power, known.host, known.fence, known.seenAt) = (power, host, fence, now)
        try tx.sightings.update(known)
    }

    /// Begins the settling; a verb that came first is no fault.
    private func settle(_ instance: ID<InstanceKind>, _ failure: CloudError?, _ driving: Bool) async throws -> Bool {
        do {
            try await cloud.begin(SettleInstance(by: .theCloud, instance: instance, failure: failure), driving: driving)
            return true
        } catch let refusal as CloudError where refusal.code == .busy || refusal.code == .stateForbids { return false }
    }
}
