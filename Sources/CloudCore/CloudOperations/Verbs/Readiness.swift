// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import NetFabric
import Synchronization

extension Flow where Transaction == any StoreTransaction {
    /// What a launch waits for, as it is shown.
    static var guestReady: String { "the guest to be ready" }

    /// Waits until the instance is ready as its template says, or its host lets its processors stand still: nobody gets into such a guest
    /// until somebody lets it go on. Nil when the limit passed.
    /// - Parameter fromMemory: whether the guest goes on from its own memory of then: it knows what it was told, and not what time it is.
    func waitUntilReady(_ claim: InstanceClaim, fromMemory: Bool = false, in world: World) async throws -> GuestReady? {
        let wait = Mutex(GuestWait(fromMemory: fromMemory))
        return try await waiting(for: Self.guestReady, every: world.settings.pollInterval, limit: world.settings.readyLimit) {
            let pause: CloudError?
            switch try await world.look(at: claim, wait) {
            case .notYet: return nil
            case .ready: pause = nil
            case .paused(let why): pause = why
            }
            return GuestReady(at: world.clock.now(), told: wait.withLock { $0.told }, pause: pause)
        }
    }
}

/// What one wait for a guest knows of it. A manager that waits on after a crash begins anew, and what it tells the guest twice does no harm.
struct GuestWait: Sendable {
    /// A guest's clock, which stood still while its processors did: as it stood, as it stood though the guest was told the time, right.
    enum ClockState: Sendable { case stood, refused, right }
    /// Whether the guest goes on from its own memory of then.
    let fromMemory: Bool
    /// What its agent was told, which happens once; nil until then.
    var told: GuestReady.Told?
    /// Whether the guest knows what time it is; ``ClockState/right`` where its clock never stood.
    var clock: ClockState

    init(fromMemory: Bool) {
        self.fromMemory = fromMemory
        clock = fromMemory ? .stood : .right
    }
}

/// A guest that is waited for no longer: it is ready, or paused.
struct GuestReady: Codable, Hashable, Sendable {
    /// What one look at it shows.
    enum Look: Hashable, Sendable {
        case notYet, ready
        /// Its host let its processors stand still, and why.
        case paused(CloudError)
    }
    /// What its agent was told on the way.
    struct Told: Codable, Hashable, Sendable {
        /// What stands for the keys (``AuthorizedKeys``).
        let keys: String
        /// Whether it was told the password that was in doubt.
        let password: Bool
        /// Why it does not have that password: its agent refused it, or nobody can open it. Nil where it has, or none was in doubt.
        var refusal: CloudError?
        /// What people are to read who log in, where nobody knew what they read; nil where that was known.
        var note: String?
    }
    /// Since when.
    let at: Timestamp
    /// What its agent was told; nil where it was told nothing.
    let told: Told?
    /// Why its host let its processors stand still; nil where it is ready.
    var pause: CloudError?
}

extension World {
    /// One look at a guest: running, agent, address, keys, access port, as far as its template asks for them. What does not answer yet
    /// is not ready yet, whatever the reason. An agent that answers is told on the way what its guest has to know (time, keys, password,
    /// note), once in a wait; once more does no harm.
    func look(at claim: InstanceClaim, _ wait: borrowing Mutex<GuestWait>) async throws -> GuestReady.Look {
        let host = try hosts.parts(of: claim.host)
        do {
            let seen = try await host.guests.observe(claim.instance)
            guard seen.power != .paused else { return .paused(.paused(claim.instance, by: seen.cause)) }
            guard seen.power == .running else { return .notYet }
            if claim.readiness == .agent, wait.withLock({ $0.told == nil }) {
                // A woken guest that takes the time has answered, and has the address that it had, which the port below shows: one
                // conversation instead of two, for the agents of many guests at once are what they wait for.
                if wait.withLock({ $0.clock == .stood }) {
                    guard try await setsClock(of: claim, wait) else { return .notYet }
                } else {
                    let bound = try await host.guests.addresses(claim.instance)
                    if let port = claim.ports.first, !bound.contains(port.ipv4.description) { return .notYet }
                }
                let news = try await letIn(claim, fromMemory: wait.withLock { $0.fromMemory })
                wait.withLock { $0.told = news }
            }
            // Nobody gets into a machine on no network: it is ready when it runs, and its agent answers where that is asked for.
            if claim.readiness != .running, let port = claim.ports.first,
                try await !host.probe.answers(port.ipv4, port: claim.method.port, on: port.network)
            {
                return .notYet
            }
            if wait.withLock({ $0.clock != .right }), claim.agent != .none { _ = try await setsClock(of: claim, wait) }
            return .ready
        } catch is CloudError { return .notYet } catch is OutcomeUnknown { return .notYet }
    }

    /// Sets the clock of a guest whose processors stood still; tells whether it took the time. One try at its first look and one when it is
    /// ready otherwise: an agent that does not know how, or is asked by too many, is no reason to call a verb failed.
    private func setsClock(of claim: InstanceClaim, _ wait: borrowing Mutex<GuestWait>) async throws -> Bool {
        wait.withLock { $0.clock = .refused }
        do {
            try await hosts.parts(of: claim.host).guests.setClock(claim.instance)
            wait.withLock { $0.clock = .right }
            return true
        } catch is CloudError { return false } catch is OutcomeUnknown { return false }
    }

    /// Tells the agent who may log in, the password where one is in doubt, and the note where nobody knows what people read there. A password
    /// that it refuses keeps nobody from a machine that is there: whoever asks for it is told that it is in doubt. A guest that boots is told
    /// its keys each time, for who works in it may have lost them; one that goes on from memory is not told again what it was told.
    private func letIn(_ claim: InstanceClaim, fromMemory: Bool) async throws -> GuestReady.Told {
        let now = clock.now()
        let (keys, row, sealed, note) = try await store.read { view in
            let row = try view.instanceKeys.find(claim.instance)
            let isNoteKnown = row.map { $0.note != nil } ?? true
            return (
                try view.dueKeys(of: [try view.instances.get(claim.instance)], at: now)[claim.instance] ?? [], row,
                try view.secrets.find(claim.instance)?.sealedDoubtful,
                isNoteKnown ? nil : try view.dueNotes(of: [claim.instance])[claim.instance] ?? ""
            )
        }
        let sign = AuthorizedKeys.sign(of: keys)
        if fromMemory, row?.told == sign, sealed == nil, note == nil { return GuestReady.Told(keys: sign, password: false) }
        // Keys and password may have changed when a later manager waits on: then it is another command.
        try await authorize(keys, claim, Command(run: claim.deed.operation, step: "keys \(sign)", fence: claim.fence))
        var refusal: CloudError?
        if let sealed { refusal = try await tell(sealed, claim) }
        var told = GuestReady.Told(keys: sign, password: sealed != nil && refusal == nil, refusal: refusal)
        told.note = try await leave(note, claim)
        return told
    }

    /// Tells the password that is in doubt; gives why its guest does not have it: its agent refused it, or nobody can open what is sealed.
    private func tell(_ sealed: String, _ claim: InstanceClaim) async throws -> CloudError? {
        let password: GuestPassword
        do { password = GuestPassword(try open(sealed, of: claim.instance)) } catch let refusal as CloudError { return refusal }
        do {
            try await hosts.parts(of: claim.host).guests.setPassword(
                password, for: claim.method.account, in: claim.instance,
                Command(run: claim.deed.operation, step: "password", fence: claim.fence))
        } catch let refusal as CloudError where refusal.code == .agentRefused { return refusal }
        return nil
    }

    /// Leaves a note that is due; gives it where the agent heard of it. It is a courtesy: nobody waits for it, and where nobody knows what
    /// became of it the key ring asks again (``KeyRing``).
    private func leave(_ note: String?, _ claim: InstanceClaim) async throws -> String? {
        guard let note else { return nil }
        let command = Command(run: claim.deed.operation, step: "note \(FNV1a.hash(note))", fence: claim.fence)
        do {
            try await hosts.parts(of: claim.host).guests.leave(GuestNote(note), in: claim.instance, command)
        } catch let refusal as CloudError where refusal.code != .fenceStale {
            return refusal.code == .agentRefused ? note : nil
        } catch is OutcomeUnknown { return nil }
        return note
    }

    /// Makes these keys log in to a claimed instance. Where nobody knows whether the agent did so, nobody knows by which keys people log
    /// in, and that is written down.
    func authorize(_ keys: [String], _ claim: InstanceClaim, _ command: Command) async throws {
        do {
            try await hosts.parts(of: claim.host).guests.authorize(keys, for: claim.method.account, in: claim.instance, command)
        } catch let unknown as OutcomeUnknown {
            try await store.write { tx in
                guard var row = try tx.instanceKeys.find(claim.instance), row.told != nil else { return }
                row.told = nil
                try tx.instanceKeys.update(row)
            }
            throw unknown
        }
    }
}

extension Timestamp {
    /// Later than any date that is written.
    static let distantFuture = Timestamp(milliseconds: .max)
}
