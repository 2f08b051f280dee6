// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Hypervisor

extension SimulatedHypervisor {
    /// Makes sure that the guest's processors stand still.
    public func pause(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await effect("power.pause", on: instance, command) { state, now throws(CloudError) in
            guard try state.guest(instance, for: "pause", [.paused, .running]).power == .running else { return }
            state.stand(instance, .paused, for: .asked, at: now)
        }
    }

    /// Makes sure that they go on. There is no store here that could still be full.
    public func resume(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await effect("power.resume", on: instance, command) { state, now throws(CloudError) in
            guard try state.guest(instance, for: "resume", [.paused, .running]).power == .paused else { return }
            state.guests[instance]?.runOn(at: now)
            state.note(instance)
        }
    }

    /// Lets the guest boot anew, now.
    public func reset(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await effect("power.reset", on: instance, command) { state, now throws(CloudError) in
            _ = try state.guest(instance, for: "reset", [.running])
            state.beginAnew(instance, at: now)
        }
    }

    /// Asks; a guest that has booted and obeys begins anew after the shutdown time.
    public func askToReboot(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        let (bootTime, shutdownTime) = (bootTime, shutdownTime)
        try await effect("power.ask-to-reboot", on: instance, command) { state, now throws(CloudError) in
            let guest = try state.guest(instance, for: "reboot", [.running])
            // A guest that is still booting has nobody who would hear; one that is going down has other orders.
            let hears = guest.obeys && guest.running(at: now) >= bootTime && state.leaving[instance] == nil
            guard hears, state.rebooting[instance] == nil else { return }
            state.rebooting[instance] = now + shutdownTime
        }
    }
}
