// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudTesting

/// What a seed tells: 6 to 12 requests of two users about at most four instances, most of them sensible, some not.
struct SeedStory: Sendable {
    /// One request, with all its ids chosen, so that it can be made again word for word.
    struct Request: Sendable {
        let run: RunID
        let description: String
        /// Drives it to its end; throws its refusal.
        let perform: @Sendable (Cloud) async throws -> Void
        /// A step or commit that is refused whenever it is reached, in the calm telling too.
        let refused: String?
    }

    let requests: [Request]
    /// The steps and commits of a verb; of a create those of the starts that it records.
    private static func steps(of verb: Verb) -> [String] {
        switch verb {
        case .suspend: ["memory", "network", "suspended"]
        case .wake: ["network", "memory", "running", "discard", "wait for the guest to be ready", "ready"]
        case .destroy: ["power", "network", "memory", "destroyed"]
        default: ["network", "disk", "power", "running", "wait for the guest to be ready", "ready"]
        }
    }

    /// The story of a seed at a site.
    init(seed: UInt64, at site: Site) throws {
        var random = SplitMix64(seed: seed)
        let sources = SeededSources(seed: seed &+ 1 << 32)
        let world = SimulatedSite.world(
            store: site.disk, host: site.host, clock: site.clock, sources: sources, settings: site.cloud.world.settings)
        let desk = Cloud(world: world, clock: site.clock.waiting)
        var slot = 0
        var slots = Slots(count: 3 + random.below(2))
        requests = try (0..<(6 + random.below(7))).map { number in
            // Often the same once more: what follows on each other goes wrong together.
            if random.below(2) == 0 { slot = random.below(slots.states.count) }
            let owner = slot % 2 == 0 ? site.anna : site.bela
            let user = random.below(10) == 0 ? (slot % 2 == 0 ? site.bela : site.anna) : owner
            let verb = slots.next(slot, &random)
            let steps = Self.steps(of: verb)
            let refused = random.below(5) == 0 ? steps[random.below(steps.count)] : nil
            let run = RunID(sources.next(OperationKind.self).text)
            func request(_ operation: some CloudOperation) -> Request {
                Request(
                    run: run, description: "\(number): \(verb.rawValue) \(slot) by \(user.user == site.anna.user ? "anna" : "bela")",
                    perform: { cloud in _ = try await cloud.runner.perform(operation, as: run) }, refused: refused)
            }
            switch verb {
            case .create:
                let operation = try desk.request(
                    template: site.template, name: "slot-\(slot)", start: random.below(10) < 7, by: user)
                slots.ids[slot] = operation.members[0].id
                return request(operation)
            case .start: return request(StartInstance(by: user, instance: slots.ids[slot]))
            case .suspend: return request(SuspendInstance(by: user, instance: slots.ids[slot]))
            case .wake: return request(WakeInstance(by: user, instance: slots.ids[slot]))
            default: return request(DestroyInstance(by: user, instance: slots.ids[slot]))
            }
        }
    }

    /// What the author of a story believes of the instances: enough to ask mostly for what makes sense.
    private struct Slots {
        enum State { case none, pending, running, suspended }
        var states: [State]
        var ids: [ID<InstanceKind>]

        init(count: Int) {
            states = Array(repeating: .none, count: count)
            ids = (0..<count).map { ID(bits: 0, UInt64($0) + 100) }
        }

        mutating func next(_ slot: Int, _ random: inout SplitMix64) -> Verb {
            if random.below(8) == 0 { return [.create, .start, .suspend, .wake, .destroy][random.below(5)] }
            switch states[slot] {
            case .none:
                states[slot] = .running
                return .create
            case .pending:
                states[slot] = .running
                return .start
            case .running:
                let sleeps = random.below(5) > 0
                states[slot] = sleeps ? .suspended : .none
                return sleeps ? .suspend : .destroy
            case .suspended:
                let wakes = random.below(5) > 0
                states[slot] = wakes ? .running : .none
                return wakes ? .wake : .destroy
            }
        }
    }
}
