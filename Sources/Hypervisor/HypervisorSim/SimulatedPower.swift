// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

extension SimulatedHypervisor {
    /// Makes sure that the guest runs. A domain that is off or crashed is started afresh: its counter begins at 0.
    public func start(_ guest: GuestDescription, _ command: Command) async throws {
        try await effect("power.start", on: guest.instance, command) { state, now throws(CloudError) in
            try state.mustNotBeForeign(guest.instance)
            switch state.guests[guest.instance]?.power ?? .absent {
            case .running: return
            case .paused: state.guests[guest.instance]?.runOn(at: now)
            case .off, .crashed, .absent:
                try state.mustHaveSeed(guest)
                // What is started afresh writes its disk: older memory does not fit it any more.
                state.spend(memoryOf: guest.instance)
                state.guests[guest.instance] = SimulatedGuest(guest, at: now)
            }
            state.note(guest.instance)
        }
    }

    /// Makes sure that there is no domain of ours. A foreign domain of that name stays: the guest neither runs nor is defined.
    public func off(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await effect("power.off", on: instance, command) { state, _ throws(CloudError) in
            if state.guests[instance] != nil { state.undefine(instance) }
        }
    }

    /// Asks; a guest that has booted and obeys is off after the shutdown time. Refused with `not-found` where there is no domain.
    public func askToShutDown(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        let (bootTime, shutdownTime) = (bootTime, shutdownTime)
        try await effect("power.ask-to-shut-down", on: instance, command) { state, now throws(CloudError) in
            try state.mustNotBeForeign(instance)
            guard let guest = state.guests[instance] else { throw CloudError(.notFound, ["object": instance.text]) }
            // A guest that is still booting has nobody who would hear the button.
            guard guest.power == .running, guest.obeys, state.leaving[instance] == nil, guest.running(at: now) >= bootTime else { return }
            state.rebooting[instance] = nil
            state.leaving[instance] = now + shutdownTime
        }
    }
}
