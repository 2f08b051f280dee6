// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Sets the password by which people log in to a running instance, through its agent. From the end on it is the one that operators are
/// shown; in journals, events and logs it never is.
///
/// An agent that was told and does not answer is told again until it does, for nobody knows which password holds meanwhile. Where the guest
/// ends in such doubt, by itself or by force, it is told once more when it is up again: on its way to be ready (`GuestReady.Told.password`), or
/// by the key ring where its agent is not waited for (``KeyRing``).
public struct SetPassword: CloudOperation {
    /// `instance.set-password`
    public static let kind = "instance.set-password"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The password: of 8 to 128 printable characters of ASCII.
    public let password: Secret
    /// The instance's id.
    public var object: String { instance.text }

    /// Sets the password of an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, password: Secret) {
        self.principal = principal
        self.instance = instance
        self.password = password
    }

    /// Throws `invalid-field` for a text that is not taken as a password.
    public static func check(_ text: String) throws(CloudError) {
        guard (8...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw CloudError(.invalidField, ["pointer": "/password", "reason": "a password has 8 to 128 printable ASCII characters"])
        }
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.commit("claim") { [run = flow.run] tx in
            let claim = try tx.claim(instance, for: .setPassword, by: principal, in: run, placing: false, world: world)
            try tx.requireAgent(claim)
            try Self.check(password.clear)
            return claim
        } undo: { tx, claim in
            try tx.release(claim, placed: false, world: world)
        }
        let telling = try await flow.step("password", irreversible: "an agent that was told is told again until it answers") {
            try await world.setPassword(password, claim, $0)
            return Telling.told
        } observe: { _ in
            try await world.telling(of: claim)
        }
        return try await flow.end("set", irreversible: "setting another is the way back") { tx in
            let sealed = try world.sealer.seal(password.clear)
            // An agent that answers is not left alone any longer (`KeyPlan`).
            if telling == .told, try tx.secrets.get(instance).sealedDoubtful != nil {
                try tx.changeKeys(of: instance) { ($0.tries, $0.triedAt) = (0, nil) }
            }
            try tx.secrets.change(instance) { row in
                switch telling {
                case .told: (row.sealedPassword, row.sealedDoubtful, row.doubtedBy) = (sealed, nil, nil)
                case .guestEnded: (row.sealedDoubtful, row.doubtedBy) = (sealed, claim.deed.operation)
                }
            }
            try tx.finish(claim, world: world)
        }
    }
}

extension World {
    /// Tells the agent a password. A first answer that is lost is written down: from then on a refusal says nothing of whether the
    /// password was set before, and the outcome stays unknown until the agent says that it is.
    fileprivate func setPassword(_ password: Secret, _ claim: InstanceClaim, _ key: StepKey) async throws {
        let run = claim.deed.operation
        let isDoubted = try await store.read { try $0.secrets.find(claim.instance)?.doubtedBy == run }
        do {
            try await hosts.parts(of: claim.host).guests.setPassword(
                GuestPassword(password.clear), for: claim.method.account, in: claim.instance, key.command(claim.fence))
        } catch let unknown as OutcomeUnknown {
            let sealed = try sealer.seal(password.clear)
            if !isDoubted {
                try await store.write { tx in
                    _ = try tx.secrets.change(claim.instance) { ($0.sealedDoubtful, $0.doubtedBy) = (sealed, run) }
                }
            }
            throw unknown
        } catch let refusal as CloudError where isDoubted && refusal.code != .fenceStale {
            throw OutcomeUnknown("the agent was told a password before, and now: \(refusal)")
        }
    }
}
