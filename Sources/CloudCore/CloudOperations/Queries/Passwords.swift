// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

/// The password by which people log in to an instance, for those who may know it.
public struct InstancePassword: Sendable, Hashable {
    /// The account in the guest.
    public let account: String
    /// The password. It has no description.
    public let password: Secret
    /// Whether the guest may have another: it has not said that it took this one.
    public let isDoubtful: Bool
}

extension Cloud {
    /// The password of an instance, whatever its state; for its operators only (C), and that it was looked at is an activity of theirs.
    /// Throws `denied` to those who only see the instance, `not-found` to all others; `password-sealed` where nobody can open it.
    public func password(of id: ID<InstanceKind>, for principal: Principal) async throws -> InstancePassword {
        let (now, activity) = (world.clock.now(), world.ids.next(ActivityKind.self))
        let (account, sealed, isDoubtful) = try await world.store.write { tx in
            let instance = try tx.instance(id, for: .seePassword, by: principal, at: now)
            guard let revision = try tx.revisions.find(key: "\(instance.template)/\(instance.revision)") else {
                throw CloudError(.notFound, ["object": instance.template.text])
            }
            let secret = try tx.secrets.get(id)
            try tx.activities.insert(
                Activity(
                    id: activity, object: id.text, code: Verb.seePassword.rawValue, parameters: [:], actor: principal.user, operation: nil,
                    startedAt: now, endedAt: now, outcome: nil))
            return (revision.access.account, secret.sealedPassword, secret.sealedDoubtful != nil)
        }
        return InstancePassword(account: account, password: Secret(try world.open(sealed, of: id)), isDoubtful: isDoubtful)
    }
}

extension World {
    /// A password that is kept sealed, in the clear. Throws `password-sealed` where it was sealed with another key, or is damaged.
    func open(_ sealed: String, of instance: ID<InstanceKind>) throws -> String {
        do { return try sealer.open(sealed) } catch {
            throw CloudError(.passwordSealed, ["instance": instance.text], detail: "\(error)")
        }
    }
}
