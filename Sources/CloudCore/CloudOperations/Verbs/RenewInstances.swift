// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

/// Moves the dates of leases: of one instance, or of a set at once (a class) with one result per member. It does not wait for other verbs
/// on the instances; and no date moves earlier, unless that is forced. Where nothing changes, for nothing moves by a minute, nobody is told.
public struct RenewInstances: CloudOperation {
    /// How it came out for one of the set.
    public struct Member: Codable, Hashable, Sendable {
        /// The instance.
        public let instance: ID<InstanceKind>
        /// The policy that renews it from now on.
        public let policy: ID<LeasePolicyKind>?
        /// The new promise; nil where it was refused.
        public let dates: LeaseDates?
        /// Why it was refused; nil where it was not.
        public let refusal: CloudError?
    }

    /// `instance.renew`
    public static let kind = "instance.renew"
    /// Who asks.
    public let principal: Principal
    /// Which instances.
    public let instances: [ID<InstanceKind>]
    /// The policy to renew by; nil for each one's own.
    public let policy: ID<LeasePolicyKind>?
    /// Whether that policy is the instance's own from now on.
    public let keepingPolicy: Bool
    /// Whether a date may move earlier.
    public let force: Bool
    /// The first instance's id.
    public var object: String { instances.first?.text ?? "" }

    /// Renews for a principal.
    public init(
        by principal: Principal, instances: [ID<InstanceKind>], policy: ID<LeasePolicyKind>? = nil, keepingPolicy: Bool = false,
        force: Bool = false
    ) {
        self.principal = principal
        self.instances = instances
        self.policy = policy
        self.keepingPolicy = keepingPolicy
        self.force = force
    }

    /// The verb. Refused as a whole where no member could be renewed: with the refusal of the first.
    public func run(_ flow: CloudFlow, in world: World) async throws -> [Member] {
        let operation = try flow.run.operation()
        return try await flow.end("renew", irreversible: "a promise that was made is kept") { tx in
            guard (1...BatchLimits.instances).contains(instances.count), Set(instances).count == instances.count else {
                throw CloudError(
                    .invalidField, ["pointer": "/instances", "reason": "a set has 1 to \(BatchLimits.instances) instances, each once"])
            }
            let now = world.clock.now()
            var members: [Member] = []
            var isNoted = false
            for instance in instances {
                // One run, one activity, and for each further member one of its own.
                let deed = Deed(
                    verb: .renew, object: instance.text, actor: principal.user, operation: operation, member: isNoted ? instance : nil)
                do {
                    let (before, lease) = try tx.renewal(
                        of: instance, by: policy, keeping: keepingPolicy, force: force, for: principal, at: now)
                    members.append(Member(instance: instance, policy: lease.policy, dates: lease.dates, refusal: nil))
                    // What is promised already is no news.
                    guard lease != before else { continue }
                    try tx.leases.update(lease)
                    try tx.note(deed, ["policy": (policy ?? lease.policy).text], at: now)
                    try tx.tell("instance.changed", deed, at: now)
                    isNoted = true
                } catch let refusal as CloudError where refusal.code != .storeUnavailable {
                    members.append(Member(instance: instance, policy: nil, dates: nil, refusal: refusal))
                }
            }
            if let first = members.first?.refusal, members.allSatisfy({ $0.dates == nil }) { throw first }
            return members
        }
    }
}
