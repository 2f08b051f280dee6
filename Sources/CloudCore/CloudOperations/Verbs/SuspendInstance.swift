// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import NetFabric

/// Puts an instance's memory on disk and releases its host. Name, addresses and disks stay its own. One that is paused can be suspended too,
/// for leases end whatever its processors do; woken it runs.
public struct SuspendInstance: CloudOperation {
    /// `instance.suspend`
    public static let kind = "instance.suspend"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Suspends an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>) {
        self.principal = principal
        self.instance = instance
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.claim(instance, for: .suspend, by: principal, in: world)
        let host = try world.hosts.parts(of: claim.host)
        _ = try await flow.step("memory") {
            try await host.guests.suspend(instance, to: claim.memory, $0.command(claim.fence))
            return Nothing()
        } observe: { _ in
            // A guest whose memory is still being written is neither saved nor running.
            if try await host.guests.isAtWork(on: instance) { return .underWay }
            guard case .present = try await host.guests.observe(claim.memory) else { return .notDone }
            return try await host.guests.observe(instance).power == .absent ? .done(Nothing()) : .notDone
        } undo: { key in
            if try await host.guests.isAtWork(on: instance) { throw OutcomeUnknown("its memory is still being saved") }
            if case .present = try await host.guests.observe(claim.memory) {
                try await host.guests.wake(claim.guest, from: claim.memory, key.command(claim.fence))
            }
            if claim.before == .paused, try await host.guests.observe(instance).power == .running {
                try await host.guests.pause(instance, key.part("pause").command(claim.fence))
            }
            // Memory that was woken from is no longer evident but still there: a crash between the two calls must not leave it.
            try await host.guests.discard(claim.memory, key.part("discard").command(claim.fence))
        }
        flow.progress(70)
        try await flow.step("network") {
            try await world.disconnect(claim, $0)
        } undo: {
            try await world.reconnect(claim, $0)
        }
        return try await flow.end("suspended", irreversible: "waking is the way back") { tx in
            try tx.settle(claim, .suspended, world: world)
        }
    }
}
