// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Lets an instance's processors stand still. Its memory stays on its host, which holds it as before.
public struct PauseInstance: CloudOperation {
    /// `instance.pause`
    public static let kind = "instance.pause"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Pauses an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>) {
        self.principal = principal
        self.instance = instance
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.claim(instance, for: .pause, by: principal, in: world)
        let host = try world.hosts.parts(of: claim.host)
        try await flow.step("pause") {
            try await host.guests.pause(instance, $0.command(claim.fence))
        } undo: {
            // One that came to its end meanwhile has nothing that could go on; what is seen of it settles its state.
            guard try await host.guests.observe(instance).power == .paused else { return }
            try await host.guests.resume(instance, $0.command(claim.fence))
        }
        return try await flow.end("paused", irreversible: "resuming is the way back") { tx in
            try tx.settle(claim, .paused, world: world)
        }
    }
}
