// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Tells a running guest by which keys people log in: those of everybody who may operate it, and the instance's own, to which some may be
/// added and from which some may be taken. Keys that somebody put into the guest by hand are replaced, as at every start.
///
/// The guest's people learn on the same way what becomes of its lease, where they were not told so yet: a note for who logs in. It is a
/// courtesy, so an agent that refuses it is not asked for it again.
///
/// Needs an agent. What was told is compared with the records again and again (``KeyRing``), so a later change comes after it by itself.
public struct InstallKeys: CloudOperation {
    /// `instance.install-keys`
    public static let kind = "instance.install-keys"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's own keys that are added, one OpenSSH line each.
    public let install: [String]
    /// The instance's own keys that are taken away; one that it does not have is gone already.
    public let remove: [String]
    /// The instance's id.
    public var object: String { instance.text }

    /// Tells an instance's guest its keys, for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, install: [String] = [], remove: [String] = []) {
        self.principal = principal
        self.instance = instance
        self.install = install
        self.remove = remove
    }

    /// What the claim found.
    struct Begun: Codable, Sendable {
        let claim: InstanceClaim
        /// The instance's own keys from now on.
        let own: [String]
        /// All keys that are to log in; nil where the key ring knows that the guest was told so.
        let due: [String]?
        /// What is to be read by who logs in; nil where that is what was told.
        let note: GuestNote?
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let begun = try await flow.commit("claim") { tx in
            try begin(in: tx, run: flow.run, world: world)
        } undo: { tx, begun in
            try tx.release(begun.claim, placed: false, world: world)
        }
        var told = begun.due
        if let due = begun.due {
            let telling = try await flow.step("keys", irreversible: "an agent that was told is told again until it answers") {
                try await world.authorize(due, begun.claim, $0.command(begun.claim.fence))
                return Telling.told
            } observe: { _ in
                try await world.telling(of: begun.claim)
            }
            // A guest that is up again is told its keys.
            if telling == .guestEnded { told = nil }
        }
        let left = try await leave(begun.note, begun.claim, flow, in: world)
        return try await flow.end("told", irreversible: "the guest was told") { [told] tx in
            let before = try tx.instanceKeys.find(instance)
            if let due = told { try tx.noteTold(AuthorizedKeys.sign(of: due), instance) }
            try tx.changeKeys(of: instance) { row in
                row.own = begun.own
                if let left { (row.note, row.tries, row.triedAt) = (left.text, 0, nil) }
                // Who fell silent is asked again later and later.
                if left == nil, begun.note != nil, let before { (row.tries, row.triedAt) = (before.tries, before.triedAt) }
            }
            try tx.finish(begun.claim, world: world)
        }
    }

    /// Leaves a note; gives it unless the agent fell silent before it heard of it. Whether it did what it was told matters to nobody so
    /// much that a machine is held for it.
    private func leave(_ note: GuestNote?, _ claim: InstanceClaim, _ flow: CloudFlow, in world: World) async throws -> GuestNote? {
        guard let note else { return nil }
        let guests = try world.hosts.parts(of: claim.host).guests
        let isTold = try await flow.step("note") {
            do { try await guests.leave(note, in: instance, $0.command(claim.fence)) } catch let refusal as CloudError
                where refusal.code != .fenceStale
            {
                return refusal.code == .agentRefused
            } catch is OutcomeUnknown { return true }
            return true
        } undo: { _ in
            // People have read it; and no way leads back behind the keys.
        }
        return isTold ? note : nil
    }

    private func begin(in tx: any StoreTransaction, run: RunID, world: World) throws -> Begun {
        let claim = try tx.claim(instance, for: .installKeys, by: principal, in: run, placing: false, world: world)
        try tx.requireAgent(claim)
        try AuthorizedKeys.check(install, at: "/install")
        let row = try tx.instanceKeys.find(instance)
        let before = row?.own ?? []
        var own = before.filter { !remove.contains($0) }
        for key in install where !own.contains(key) { own.append(key) }
        guard own.count <= AuthorizedKeys.most else {
            throw CloudError(
                .invalidField, ["pointer": "/install", "reason": "an instance has at most \(AuthorizedKeys.most) keys of its own"])
        }
        let due = try tx.dueKeys(of: [try tx.instances.get(instance)], at: world.clock.now())[instance] ?? []
        let note = try GuestNote(tx.dueNotes(of: [instance])[instance] ?? "")
        let known: String? = row.map(\.note) ?? ""
        let all = Array(due.dropLast(before.count)) + own
        // Keys that somebody put in by hand do not go because of a note; people who ask for this verb want them replaced.
        let isTold = principal == .theCloud && row?.told == AuthorizedKeys.sign(of: all)
        return Begun(claim: claim, own: own, due: isTold ? nil : all, note: note.text == known ? nil : note)
    }
}
