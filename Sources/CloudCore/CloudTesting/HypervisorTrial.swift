// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor
import Synchronization

/// One rule's check: its guests, its growing fence, and how it says what went wrong.
final class HypervisorTrial: Sendable {
    let rule: String
    let host: any HypervisorAbilities
    let fixture: any HypervisorFixture
    private let guests = Mutex<[GuestDescription]>([])
    private let fence = Mutex(Fence(1))

    init(rule: String, host: any HypervisorAbilities, fixture: any HypervisorFixture) {
        self.rule = rule
        self.host = host
        self.fixture = fixture
    }

    /// A guest that is taken away at the end.
    func guest() async throws -> GuestDescription {
        let guest = try await fixture.guest()
        guests.withLock { $0.append(guest) }
        return guest
    }

    func memory(of guest: GuestDescription) -> MemoryImage { MemoryImage(instance: guest.instance, store: fixture.store) }

    func seed(of guest: GuestDescription) -> SeedVolume { SeedVolume(instance: guest.instance, store: fixture.store) }

    /// A command of a run of its own, under a newer fence than all before.
    func claim(_ step: String = "step") -> Command {
        let fence = fence.withLock { fence in
            fence = fence.next
            return fence
        }
        return Command(run: fixture.run(), step: step, fence: fence)
    }

    func cleanUp() async throws {
        for guest in guests.withLock({ $0 }) {
            try await host.off(guest.instance, claim("clean-up-off"))
            try await host.discard(memory(of: guest), claim("clean-up-discard"))
            try await host.remove(seed(of: guest), claim("clean-up-seed"))
        }
    }

    func expect(_ holds: Bool, _ detail: @autoclosure () -> String) throws {
        guard holds else { throw ContractViolation(rule: rule, detail: detail()) }
    }

    func expect(_ guest: GuestDescription, is power: GuestSighting.Power, _ when: String) async throws {
        let seen = try await host.observe(guest.instance)
        try expect(seen.instance == guest.instance, "\(when): asked for \(guest.instance), told of \(seen.instance)")
        try expect(seen.power == power, "\(when): expected \(power.rawValue), seen \(seen.power.rawValue)")
    }

    func expectMemory(of guest: GuestDescription, _ present: Bool, _ when: String) async throws {
        let memory = memory(of: guest)
        let seen = try await host.observe(memory)
        try expect(seen == (present ? .present(memory) : .absent), "\(when): memory is \(seen)")
    }

    func expectRefusal(_ codes: ErrorCode..., when: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let refusal as CloudError {
            try expect(codes.contains(refusal.code), "\(when): expected \(codes.map(\.rawValue)), refused with \(refusal)")
            return
        }
        throw ContractViolation(rule: rule, detail: "\(when): expected \(codes.map(\.rawValue)), but it was done")
    }

    /// Lets time pass until something holds, at most 300 times.
    func wait(for what: String, until holds: () async throws -> Bool) async throws {
        for _ in 0..<300 {
            if try await holds() { return }
            try await fixture.pass()
        }
        throw ContractViolation(rule: rule, detail: "waited in vain for \(what)")
    }
}
