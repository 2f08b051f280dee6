// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Lets a paused instance go on, whoever paused it. One that its host paused because there was no room on disk pauses again where there
/// is none yet, and the host watch says so.
public struct ResumeInstance: CloudOperation {
    /// `instance.resume`
    public static let kind = "instance.resume"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Resumes an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>) {
        self.principal = principal
        self.instance = instance
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.claim(instance, for: .resume, by: principal, in: world)
        let host = try world.hosts.parts(of: claim.host)
        try await flow.step("resume") {
            try await host.guests.resume(instance, $0.command(claim.fence))
        } undo: {
            guard try await host.guests.observe(instance).power == .running else { return }
            try await host.guests.pause(instance, $0.command(claim.fence))
        }
        try await flow.setClock(claim, in: world)
        return try await flow.end("resumed", irreversible: "pausing is the way back") { tx in
            try tx.settle(claim, .resumed, world: world)
        }
    }
}
