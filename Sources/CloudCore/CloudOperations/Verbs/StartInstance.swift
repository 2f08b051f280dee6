// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import ImageStore

/// Runs an instance and waits until it is ready. While it waits, force off and destroy may take over; and until it is ready it can be
/// cancelled: then its power is cut again and everything is as before.
public struct StartInstance: CloudOperation {
    /// How it came out.
    public struct Output: Codable, Hashable, Sendable {
        /// How long the guest took from power to ready, in milliseconds; nil where it was not ready in time.
        public let readyMilliseconds: Int64?
        /// Why it does not count as ready; nil where it does. It runs all the same.
        public let notReady: CloudError?
    }

    /// `instance.start`
    public static let kind = "instance.start"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Starts an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>) {
        self.principal = principal
        self.instance = instance
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Output {
        let claim = try await flow.claim(instance, for: .start, by: principal, placing: true, in: world)
        try await flow.connect(claim, in: world)
        let host = try world.hosts.parts(of: claim.host)
        flow.progress(10)
        // Only a first start makes a disk; later ones find somebody's data on it, and an empty one would lie in its place.
        let made = claim.before == .pending ? claim.disks[0] : nil
        try await flow.step("disk") {
            for disk in claim.disks {
                if disk != made { try await world.require(disk, of: claim) }
                try await host.disks.ensure(disk, $0.command(claim.fence))
            }
        } undo: {
            if let made { try await host.disks.remove(made.disk, $0.command(claim.fence)) }
        }
        try await flow.seed(claim, in: world)
        flow.progress(30)
        _ = try await flow.step("power") {
            try await host.guests.start(claim.guest, $0.command(claim.fence))
            return Nothing()
        } observe: { _ in
            try await world.seesRunning(claim)
        } undo: {
            try await world.powerOff(claim, $0)
        }
        flow.progress(50)
        let running = try await flow.commit("running", thenWaitingFor: CloudFlow.guestReady) { tx in
            let (since, leaseBefore) = (world.clock.now(), try tx.leases.get(instance))
            let changedBefore = try tx.statuses.get(instance).changedAt
            try tx.settle(claim, .started, goesOn: true, world: world)
            let toldBefore = try tx.instanceKeys.find(instance)?.told
            try tx.guestBeginsAnew(instance)
            if claim.guest.seed != nil { try tx.doubtUnopenedPassword(of: instance, by: claim.deed.operation, world: world) }
            let dates = try tx.renewLease(of: instance, at: since).dates
            return Running(
                since: since, changedBefore: changedBefore, leaseBefore: leaseBefore, dates: dates, toldBefore: toldBefore)
        } undo: { tx, running in
            try tx.unsettle(claim, running, world: world)
        }
        let ready = try await flow.waitUntilReady(claim, in: world)
        return try await flow.end("ready", irreversible: "the guest runs: force off ends it") { tx in
            try tx.finishWaiting(claim, ready, since: running.since, world: world)
        }
    }

    /// Since when it runs, and what a start that is cancelled before it is ready puts back.
    struct Running: Codable, Sendable {
        let since: Timestamp
        let changedBefore: Timestamp
        let leaseBefore: InstanceLease
        /// What the start promised: where the dates are others by then, somebody renewed, and they stay.
        let dates: LeaseDates
        /// What stands for the keys that its guest had been told; nil where nobody knew.
        var toldBefore: String?
    }
}

extension StoreTransaction {
    /// Puts an instance's state and lease back to where they were before it ran. The run still holds it: the claim goes last.
    func unsettle(_ claim: InstanceClaim, _ running: StartInstance.Running, world: World) throws {
        try statuses.change(claim.instance) { status in
            status.state = claim.before
            status.failure = claim.failureBefore
            status.readyAt = claim.readyBefore
            status.changedAt = running.changedBefore
        }
        if let told = running.toldBefore { try changeKeys(of: claim.instance) { $0.told = told } }
        let now = try leases.get(claim.instance)
        // A person may have renewed to the same dates: *never*, or the end of a course.
        if (now.dates, now.renewals, now.policy) == (running.dates, running.leaseBefore.renewals, running.leaseBefore.policy) {
            try leases.change(claim.instance) { lease in
                lease.dates = running.leaseBefore.dates
                lease.warnings = running.leaseBefore.warnings
                lease.lookAt = running.leaseBefore.lookAt
            }
        }
        try tell("instance.changed", claim.deed, at: world.clock.now())
    }

    /// The instance is free; it is ready, or was not in time (nil), or was no longer waited for because its host paused it, or because the
    /// run was asked to stop where there was no way back. A pause is the host's news: the row follows it by the next look (``HostWatch``).
    func finishWaiting(_ claim: InstanceClaim, _ ready: GuestReady?, since: Timestamp, world: World) throws -> StartInstance.Output {
        let (now, readyAt) = (world.clock.now(), ready?.pause == nil ? ready?.at : nil)
        try noteTold(ready?.told, of: claim.instance)
        if let refusal = ready?.told?.refusal { try tellDoubt(claim, because: refusal, world: world) }
        try statuses.change(claim.instance) { status in
            status.operation = nil
            status.readyAt = readyAt
        }
        let missed = readyAt == nil ? try ready?.pause ?? whyNotReady(claim, limit: world.settings.readyLimit) : nil
        try end(claim.deed, outcome: missed, at: now)
        try tell(readyAt == nil ? "instance.changed" : "instance.ready", claim.deed, at: now)
        return .init(readyMilliseconds: readyAt.map { ($0 - since).wholeMilliseconds }, notReady: missed)
    }

    /// The guest does not have the password that was set last: an activity and an event say so, and it is told again at the next start.
    private func tellDoubt(_ claim: InstanceClaim, because refusal: CloudError, world: World) throws {
        let (now, code) = (world.clock.now(), "instance.password-doubtful")
        try activities.insert(
            Activity(
                id: world.ids.next(ActivityKind.self), object: claim.instance.text, code: code, parameters: [:], actor: nil,
                operation: nil, startedAt: now, endedAt: now, outcome: refusal))
        try addEvent(NewEvent(code: code, object: claim.instance.text, operation: claim.deed.operation.text, at: now))
    }

    private func whyNotReady(_ claim: InstanceClaim, limit: Duration) throws -> CloudError {
        let operation = claim.deed.operation.text
        if try run(RunID(operation))?.cancelRequested == true { return CloudError(.cancelledLate, ["operation": operation]) }
        return CloudError(.timedOut, ["what": CloudFlow.guestReady, "seconds": "\(limit.components.seconds)"])
    }
}
