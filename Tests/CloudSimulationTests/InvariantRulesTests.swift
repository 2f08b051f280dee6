// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Testing

/// The rules about rows find what breaks them, each under its number, and nothing in what is sound.
@Suite struct InvariantRulesTests {
    /// Two hosts, and of each two machines of one person: the first of each is off, the second runs.
    struct Stage: Sendable {
        let admin: Principal
        let owner: Principal
        let templates: [ID<TemplateKind>]
        let machines: [ID<InstanceKind>]
        /// One of the second host that runs.
        var running: ID<InstanceKind> { machines[3] }
    }

    static func cloud(seed: UInt64, on disk: SQLiteMemoryStore? = nil) throws -> SimulatedCloud {
        let disk = try disk ?? SQLiteMemoryStore()
        let hosts = (1...2).map { (SimulatedCloud.host($0), SimulatedHost.State(cpus: CPUCount(8), memory: .gibibytes(16))) }
        return SimulatedCloud(
            seed: seed, hosts: Dictionary(uniqueKeysWithValues: hosts), disk: { try disk.reopened() }, begins: SimulatedClock().now())
    }
    static func prepare(_ cloud: SimulatedCloud) async throws -> Stage {
        let admin = try await cloud.prepare()
        // The first look at each host.
        try await cloud.wait(.seconds(4))
        let owner = try await cloud.person("anna", by: admin)
        var (templates, machines) = ([ID<TemplateKind>](), [ID<InstanceKind>]())
        for number in 1...2 {
            let template = try await cloud.template("tiny-\(number)", onHost: number, by: admin)
            templates.append(template)
            for start in [false, true] {
                machines.append(
                    try await cloud.ask { manager in
                        let request = try manager.request(template: template, name: "vm-\(number)-\(start)", start: start, by: owner)
                        _ = try await manager.submit(request)
                        return request.members[0].id
                    })
            }
        }
        try await cloud.wait(.seconds(20))
        return Stage(admin: admin, owner: owner, templates: templates, machines: machines)
    }

    /// What a story breaks.
    func broken(
        on disk: SQLiteMemoryStore? = nil, _ story: @escaping @Sendable (Stage, SimulatedCloud) async throws -> Void
    ) throws -> [Violation] {
        let cloud = try Self.cloud(seed: 3, on: disk)
        try cloud.tell { cloud in
            try await story(try await Self.prepare(cloud), cloud)
            try await cloud.ask { try await cloud.lookAtEverything(in: $0.world.store) }
        }
        #expect(cloud.simulator.escapes == 0)
        return cloud.violations
    }
    static func write(_ cloud: SimulatedCloud, _ body: @escaping @Sendable (any StoreTransaction) throws -> Void) async throws {
        try await cloud.ask { try await $0.world.store.write(body) }
    }

    @Test func aSoundStoryBreaksNothing() throws {
        let violations = try broken { stage, cloud in
            try await cloud.ask { _ = try await $0.submit(DestroyInstance(by: stage.owner, instance: stage.running)) }
            try await cloud.wait(.seconds(20))
            try await cloud.ask { manager in
                _ = try await manager.submit(manager.request(template: stage.templates[1], name: "next", by: stage.owner))
            }
            try await cloud.wait(.seconds(20))
        }
        #expect(violations.isEmpty)
    }

    @Test func anAddressGoesBeforeItsTime() throws {
        let violations = try broken { stage, cloud in
            try await cloud.ask { _ = try await $0.submit(DestroyInstance(by: stage.owner, instance: stage.running)) }
            try await cloud.wait(.seconds(20))
            try await Self.write(cloud) { tx in
                for port in try tx.ports.all(.equals(.instance, .id(stage.running))) { try tx.ports.delete(port.id) }
            }
        }
        #expect(violations.map(\.invariant) == [.addressesRest])
    }

    @Test func anAddressIsGivenWhileItsHolderIsOnAHost() throws {
        let violations = try broken { stage, cloud in
            try await Self.write(cloud) { tx in
                guard var port = try tx.ports.first(.equals(.instance, .id(stage.running))) else { return }
                // The row is gone as if nothing were on the host.
                try tx.ports.delete(port.id)
                (port.id, port.version) = (ID(bits: 9, 9), 1)
                port.mac = MACAddress(number: 0x02 << 40 | 9)
                try tx.ports.insert(port)
            }
        }
        #expect(violations.first?.invariant == .addressesRest)
    }

    @Test func aMachineGoesToAHostThatTakesNone() throws {
        let violations = try broken { stage, cloud in
            try await Self.write(cloud) { tx in
                let host = SimulatedCloud.host(1)
                try tx.hosts.change(host) { $0.state = .passive }
                // The first machine is off, and nothing of it is on a host.
                let machine = stage.machines[0]
                try tx.claims.insert(HostClaim(id: machine, host: host, cpus: CPUCount(1), memory: .mebibytes(512)))
                try tx.claims.delete(machine)
            }
        }
        #expect(violations.map(\.invariant) == [.placement])
    }

    @Test func theCloudSuspendsAndDestroysBeforeTheDate() throws {
        for isSuspended in [true, false] {
            let violations = try broken { stage, cloud in
                let itself = Principal(user: try #require(ID<UserKind>("user-cloud")), groups: [], role: .siteOperator)
                try await cloud.ask { manager in
                    if isSuspended {
                        _ = try await manager.submit(SuspendInstance(by: itself, instance: stage.running))
                    } else {
                        _ = try await manager.submit(DestroyInstance(by: itself, instance: stage.running))
                    }
                }
                try await cloud.wait(.seconds(20))
            }
            #expect(!violations.isEmpty && violations.allSatisfy { $0.invariant == .promises }, "\(violations)")
        }
    }

    @Test func aLeaseDestroysBeforeItSuspends() throws {
        let violations = try broken { stage, cloud in
            try await Self.write(cloud) { tx in
                try tx.leases.change(stage.running) { lease in
                    let now = cloud.clock.now()
                    lease.dates = LeaseDates(suspendAt: now + .seconds(7200), destroyAt: now + .seconds(3600))
                }
            }
        }
        #expect(violations.map(\.invariant) == [.promises])
    }

    @Test func whatDisksLieOnIsGone() throws {
        let violations = try broken { stage, cloud in
            try cloud.hosts[SimulatedCloud.host(2)]?.disks.intervene { $0.images = [:] }
        }
        // The rows have their files no more either.
        #expect(Set(violations.map(\.invariant)) == [.basesAreThere, .filesAndRows], "\(violations)")
    }

    @Test func disksLieOnOneAnotherInACircle() throws {
        let violations = try broken { stage, cloud in
            try await Self.write(cloud) { tx in
                guard let disk = try tx.disks.first(.equals(.instance, .id(stage.running))) else { return }
                try tx.disks.change(disk.id) { $0.base = disk.id }
            }
        }
        #expect(violations.contains { $0.invariant == .chains })
    }

    // MARK: I22

    /// Public ports are counted, and what lies between two commits of a verb is no drift.
    @Test func whatIsUnderWayIsNoDriftOfQuotas() throws {
        let violations = try broken { stage, cloud in
            let (machine, owner) = (stage.running, stage.owner)
            func lookMeanwhile() async throws {
                for _ in 0..<80 {
                    try await cloud.wait(.milliseconds(25))
                    try await cloud.ask { try await cloud.lookAtEverything(in: $0.world.store) }
                }
                try await cloud.wait(.seconds(20))
            }
            try await cloud.ask { manager in
                let ids = manager.world.ids
                _ = try await manager.submit(
                    OpenForwardedPort(by: owner, instance: machine, id: ids.next(ForwardedPortKind.self), targetPort: 80))
                _ = try await manager.submit(
                    CheckpointInstance(
                        by: owner, instance: machine, checkpoint: ids.next(CheckpointKind.self), disk: ids.next(DiskKind.self),
                        name: DisplayName("kept"), withMemory: true))
            }
            try await lookMeanwhile()
            try await cloud.ask { manager in
                let all = try await manager.world.store.read { try $0.checkpoints.all() }
                let kept = try #require(all.first)
                _ = try await manager.submit(
                    ReturnToCheckpoint(
                        by: owner, instance: machine, checkpoint: kept.id, disk: manager.world.ids.next(DiskKind.self)))
            }
            try await lookMeanwhile()
            let open = try await cloud.ask { try await $0.world.store.unfinishedRuns() }
            #expect(open.isEmpty)
        }
        #expect(violations.isEmpty, "\(violations)")
    }

    @Test func aPublicPortIsNotCounted() throws {
        let violations = try broken { stage, cloud in
            try await cloud.ask { manager in
                let port = manager.world.ids.next(ForwardedPortKind.self)
                _ = try await manager.submit(OpenForwardedPort(by: stage.owner, instance: stage.running, id: port, targetPort: 80))
            }
            try await cloud.wait(.seconds(5))
            try await Self.write(cloud) { tx in
                for account in try tx.quotas.rows.all() {
                    var account = account
                    account.used.forwardedPorts = 0
                    try tx.quotas.update(account)
                }
            }
        }
        #expect(violations.contains { $0.invariant == .quotas } && violations.allSatisfy { $0.invariant == .quotas })
    }

    // MARK: I40

    @Test func nobodyIsToldAnythingWhereNothingIsAskedFor() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let cloud = try Self.cloud(seed: seed)
            try cloud.tell { cloud in
                let stage = try await Self.prepare(cloud)
                cloud.faults = .some
                for instance in stage.machines {
                    // What is refused or not answered asks for nothing.
                    do { _ = try await cloud.ask { try await $0.submit(RebootInstance(by: stage.owner, instance: instance)) } } catch {}
                    do { _ = try await cloud.ask { try await $0.submit(StartInstance(by: stage.owner, instance: instance)) } } catch {}
                    try await cloud.wait(.seconds(2))
                }
                cloud.faults = Faults()
                try await cloud.wait(.seconds(900))
                cloud.expectQuiet(.onHostsAndInGuests)
                try await cloud.wait(.seconds(300))
            }
            #expect(cloud.violations.isEmpty, "seed \(seed)")
        }
    }

    @Test func aCommandIsNoQuiet() throws {
        let violations = try broken { stage, cloud in
            cloud.expectQuiet(.onHostsAndInGuests)
            try await cloud.wait(.seconds(30))
            try await cloud.ask { _ = try await $0.submit(ForceOffInstance(by: stage.owner, instance: stage.running)) }
            try await cloud.wait(.seconds(5))
        }
        #expect(!violations.isEmpty && violations.allSatisfy { $0.invariant == .quiescence })
    }
}
