// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Cuts an instance's power. Takes over from a run that waits for the guest or is stuck, and with it whatever that run may have left on
/// the host, so from the claim on there is only forward: where the host does not answer, it is *wanted*, and done when it does
/// (Documentation/decisions/0007-what-is-wanted-is-done.md). Nothing is released before.
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
        let claim = try await flow.claimAsWanted(instance, for: .forceOff, by: principal, in: world)
        try await flow.clearHost(claim, in: world)
        if claim.tookOver {
            // A suspend or a wake that was cut short may have left memory that no longer fits the disk.
            let host = try world.hosts.parts(of: claim.host)
            try await flow.step("memory", irreversible: "the guest is off") {
                try await host.guests.discard(claim.memory, $0.command(claim.fence))
            }
        }
        let cleared = try await flow.clearRemains(claim, insisting: true, in: world)
        return try await flow.end("stopped", irreversible: "starting is the way back") { tx in
            if let remains = claim.remains { try tx.clear(remains, claim, cleared, world: world) }
            try tx.settle(claim, .forcedOff, world: world)
        }
    }
}
