// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import NetFabric

extension Flow where Transaction == any StoreTransaction {
    /// Gives the claimed instance's guest what it reads when it boots, where its template says so; undone, nothing of that is left. From
    /// then on the volume goes where the guest's power goes (``World/powerOff(_:_:)``).
    func seed(_ claim: InstanceClaim, in world: World) async throws {
        guard let volume = claim.guest.seed else { return }
        try await step("seed") {
            try await world.ensureSeed(claim, on: volume, $0)
        } undo: {
            try await world.hosts.parts(of: claim.host).guests.remove(volume, $0.command(claim.fence))
        }
    }

    /// The same where there is no way back: beside memory that is to be woken, whose guest has the volume among its disks.
    func seedAgain(_ claim: InstanceClaim, in world: World) async throws {
        guard let volume = claim.guest.seed else { return }
        try await step("seed", irreversible: "the machine has its memory back") { try await world.ensureSeed(claim, on: volume, $0) }
    }
}

extension World {
    fileprivate func ensureSeed(_ claim: InstanceClaim, on volume: SeedVolume, _ key: StepKey) async throws {
        let seed = try await firstBoot(of: claim).seed()
        try await hosts.parts(of: claim.host).guests.ensure(seed, on: volume, key.command(claim.fence))
    }

    /// What a claimed instance's guest is to know. Read from the records at that moment and journaled nowhere: it holds the hash of a password.
    func firstBoot(of claim: InstanceClaim) async throws -> FirstBoot {
        let now = clock.now()
        let (facts, sealed) = try await store.read { view in
            (try view.firstBootFacts(of: claim, at: now), try view.secrets.get(claim.instance).sealedPassword)
        }
        let password = try passwordHash(sealed, of: claim.instance, seasoning: "\(facts.instanceID) \(sealed)")
        let login = FirstBoot.Login(account: claim.method.account, keys: facts.keys, password: password, byPassword: facts.byPassword)
        return FirstBoot(instanceID: facts.instanceID, hostname: facts.hostname, domain: facts.domain, login: login, cards: facts.cards)
    }

    /// The hash of a password: another with each sealing, and the same for each start until then. Nil where nobody can open it: people get in by
    /// their keys, and set another. Whoever asks for this one is told.
    private func passwordHash(_ sealed: String, of instance: ID<InstanceKind>, seasoning: String) throws -> PasswordHash? {
        do { return try PasswordHash(of: open(sealed, of: instance), seasoning: seasoning) } catch let refusal as CloudError
            where refusal.code == .passwordSealed
        { return nil }
    }
}

/// What the records say of a first boot.
private struct FirstBootFacts: Sendable {
    let instanceID: String
    let hostname: DNSLabel
    let domain: String
    let keys: [String]
    let byPassword: Bool
    let cards: [FirstBoot.Card]
}

extension StoreView {
    /// An instance is another to its guest when its disk began anew: rebuilt it is, started again or brought back to a checkpoint it is not.
    fileprivate func firstBootFacts(of claim: InstanceClaim, at now: Timestamp) throws -> FirstBootFacts {
        let instance = try instances.get(claim.instance)
        let parts = try instanceParts(instance)
        let networks = try parts.ports.map { try self.networks.get($0.network) }
        return FirstBootFacts(
            instanceID: "\(instance.id).\(parts.disk.origin ?? parts.disk.id)", hostname: instance.label,
            domain: networks.first?.domain ?? "",
            keys: try dueKeys(of: [instance], at: now)[instance.id] ?? [], byPassword: parts.revision.firstBoot == .nocloudPassword,
            cards: zip(parts.ports, networks).map { port, network in
                // The services of every network give its addresses and its MTU (NetFabric.NameService).
                FirstBoot.Card(mac: port.mac, addressing: .dhcp(ipv6: network.ipv6Prefix != nil))
            })
    }
}
