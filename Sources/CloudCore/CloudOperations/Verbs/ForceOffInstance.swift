// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

/// Cuts an instance's power. Takes over from a run that waits for the guest or is stuck.
public struct ForceOffInstance: CloudOperation {
    /// `instance.force-off`
    public static let kind = "instance.force-off"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Cuts an instance's power for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>) {
        self.principal = principal
        self.instance = instance
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.commit("claim") { tx in
            try tx.claim(instance, for: .forceOff, by: principal, in: flow.run, placing: false, takingOver: true, world: world)
        } undo: { tx, claim in
            try tx.release(claim, placed: false, world: world)
        }
        try await flow.clearHost(claim, in: world)
        try await flow.commit("stopped", irreversible: "starting is the way back") { tx in
            try tx.settle(claim, .forcedOff, world: world)
        }
        return Nothing()
    }
}
