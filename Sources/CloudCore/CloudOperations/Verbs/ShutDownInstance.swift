// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Asks the guest to shut itself down and waits for it, with a limit. When the limit passes nothing was forced, and the answer says so.
public struct ShutDownInstance: CloudOperation {
    /// `instance.shut-down`
    public static let kind = "instance.shut-down"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Shuts an instance down for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>) {
        self.principal = principal
        self.instance = instance
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.claim(instance, for: .shutDown, by: principal, in: world)
        try await flow.letShutDown(claim, in: world)
        try await flow.clearHost(claim, in: world)
        return try await flow.end("stopped", irreversible: "starting is the way back") { tx in
            try tx.settle(claim, .stopped, world: world)
        }
    }
}
