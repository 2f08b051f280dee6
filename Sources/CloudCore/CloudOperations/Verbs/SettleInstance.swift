// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

/// Lets the records follow what was seen: a guest that shut itself down is stopped, one whose domain died is failed; either way its host
/// is released. Begun by the host watch, for the cloud itself.
public struct SettleInstance: CloudOperation {
    /// `instance.settle`
    public static let kind = "instance.settle"
    /// The cloud, as a site operator.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// Why it failed; nil where it shut itself down.
    public let failure: CloudError?
    /// The instance's id.
    public var object: String { instance.text }

    /// Settles an instance.
    public init(by principal: Principal, instance: ID<InstanceKind>, failure: CloudError?) {
        self.principal = principal
        self.instance = instance
        self.failure = failure
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.commit("claim") { tx in
            try tx.claim(instance, for: .forceOff, by: principal, in: flow.run, placing: false, world: world)
        } undo: { tx, claim in
            try tx.release(claim, placed: false, world: world)
        }
        try await flow.clearHost(claim, in: world)
        try await flow.commit("settled", irreversible: "starting is the way back") { tx in
            if failure == nil {
                try tx.settle(claim, .stopped, world: world)
            } else {
                try tx.settle(claim, .failed, failure: failure, world: world)
            }
        }
        return Nothing()
    }
}
