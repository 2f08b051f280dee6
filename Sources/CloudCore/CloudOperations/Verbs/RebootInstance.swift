// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Asks the guest to reboot, waits for it with a limit, and then until it is ready again. When the limit passes nothing was forced, and
/// the answer says so; one that its host pauses meanwhile hears nobody, and ends the waiting. That it rebooted is what its host counted (``Hypervisor/GuestSighting/resets``), and not the guest's word.
public struct RebootInstance: CloudOperation {
    /// `instance.reboot`
    public static let kind = "instance.reboot"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Reboots an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>) {
        self.principal = principal
        self.instance = instance
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> StartInstance.Output {
        let claim = try await flow.claim(instance, for: .reboot, by: principal, in: world)
        let host = try world.hosts.parts(of: claim.host)
        let counted = try await flow.step("look") { _ in
            try await host.guests.observe(instance).resets
        } undo: { _ in
            // Looking changed nothing.
        }
        try await flow.step("ask") {
            try await host.guests.askToReboot(instance, $0.command(claim.fence))
        } undo: { _ in
            // A guest that was asked cannot be un-asked; if it obeys late, it runs as before.
        }
        flow.progress(20)
        let limit = world.settings.shutDownLimit
        let seen = try await flow.waiting(for: "the guest to reboot", every: world.settings.pollInterval, limit: limit) { () -> Bool? in
            let sighting = try await host.guests.observe(instance)
            switch sighting.power {
            case .off, .absent, .crashed: return false
            case .running: return sighting.resets > counted ? true : nil
            case .paused: throw CloudError.paused(instance, by: sighting.cause)
            }
        }
        guard let seen else {
            throw CloudError(.timedOut, ["what": "the guest to reboot; nothing was forced", "seconds": "\(limit.components.seconds)"])
        }
        guard seen else { throw CloudError(.guestEnded, ["instance": instance.text]) }
        flow.progress(50)
        return try await flow.bootAgain(claim, in: world)
    }
}
