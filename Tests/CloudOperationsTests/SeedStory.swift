// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudTesting

/// What a seed tells: 8 to 16 requests of two users about at most four instances, most of them sensible, some not.
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
        case .forceOff: ["power", "network", "stopped"]
        case .checkpoint: ["new disk", "overlay", "turn", "kept"]
        case .returnToCheckpoint: ["new disk", "overlay", "memory", "power", "network", "exchanged", "old disk", "returned"]
        case .dropCheckpoint: ["layer", "memory", "dropped"]
        case .attachPort: ["take", "network", "attach", "attached"]
        case .detachPort: ["ask", "network", "detached"]
        case .saveAsTemplate: ["begin", "copy[0]", "saved", "done"]
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
        requests = try (0..<(8 + random.below(9))).map { number in
            // Often the same once more: what follows on each other goes wrong together.
            if random.below(2) == 0 { slot = random.below(slots.states.count) }
            let owner = slot % 2 == 0 ? site.anna : site.bela
            let user = random.below(10) == 0 ? (slot % 2 == 0 ? site.bela : site.anna) : owner
            let verb = slots.next(slot, &random)
            let (instance, ids) = (slots.ids[slot], sources)
            let steps = Self.steps(of: verb)
            var refused = random.below(5) == 0 ? steps[random.below(steps.count)] : nil
            // One that runs after all is asked to shut down first, and cannot be un-asked.
            if verb == .saveAsTemplate { refused = nil }
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
            case .forceOff: return request(ForceOffInstance(by: user, instance: slots.ids[slot]))
            case .checkpoint:
                let kept = ids.next(CheckpointKind.self)
                let withMemory = slots.states[slot] == .running && random.below(2) == 0
                slots.kept[slot].append((kept, withMemory))
                return request(
                    CheckpointInstance(
                        by: user, instance: instance, checkpoint: kept, disk: ids.next(DiskKind.self),
                        name: try DisplayName("at-\(number)"),
                        withMemory: withMemory))
            case .returnToCheckpoint:
                let kept = slots.kept[slot][random.below(slots.kept[slot].count)]
                slots.states[slot] = kept.withMemory ? .suspended : .stopped
                return request(
                    ReturnToCheckpoint(by: user, instance: instance, checkpoint: kept.id, disk: ids.next(DiskKind.self)))
            case .dropCheckpoint:
                let kept = slots.kept[slot].remove(at: random.below(slots.kept[slot].count))
                return request(DropCheckpoint(by: user, instance: instance, checkpoint: kept.id))
            case .attachPort:
                let port = ids.next(PortKind.self)
                slots.ports[slot].append(port)
                return request(AttachPort(by: user, instance: instance, port: port, network: SimulatedSite.network))
            case .detachPort:
                let port = slots.ports[slot].remove(at: random.below(slots.ports[slot].count))
                return request(DetachPort(by: user, instance: instance, port: port))
            case .saveAsTemplate:
                return request(
                    SaveAsTemplate(
                        by: user, instance: instance, template: ids.next(TemplateKind.self), name: try DisplayName("saved-\(number)"),
                        image: ids.next(ImageKind.self)))
            case .wake: return request(WakeInstance(by: user, instance: slots.ids[slot]))
            default: return request(DestroyInstance(by: user, instance: slots.ids[slot]))
            }
        }
    }

    /// What the author of a story believes of the instances: enough to ask mostly for what makes sense.
    private struct Slots {
        enum State { case none, pending, running, suspended, stopped }
        var states: [State]
        var ids: [ID<InstanceKind>]
        var kept: [[(id: ID<CheckpointKind>, withMemory: Bool)]]
        var ports: [[ID<PortKind>]]

        init(count: Int) {
            states = Array(repeating: .none, count: count)
            ids = (0..<count).map { ID(bits: 0, UInt64($0) + 100) }
            kept = Array(repeating: [], count: count)
            ports = Array(repeating: [], count: count)
        }

        mutating func next(_ slot: Int, _ random: inout SplitMix64) -> Verb {
            if random.below(8) == 0 { return [.create, .start, .suspend, .wake, .destroy][random.below(5)] }
            switch states[slot] {
            case .none:
                states[slot] = .running
                (kept[slot], ports[slot]) = ([], [])
                return .create
            case .pending:
                states[slot] = .running
                return .start
            case .running where random.below(3) > 0, .stopped where random.below(2) == 0: return change(of: slot, &random)
            case .stopped:
                let starts = random.below(4) > 0
                states[slot] = starts ? .running : .none
                return starts ? .start : .destroy
            case .running:
                let way = random.below(5)
                states[slot] = [State.none, .stopped, .stopped, .suspended, .suspended][way]
                return [Verb.destroy, .forceOff, .forceOff, .suspend, .suspend][way]
            case .suspended:
                let wakes = random.below(5) > 0
                states[slot] = wakes ? .running : .none
                return wakes ? .wake : .destroy
            }
        }

        /// What changes a machine and leaves it what it is, mostly.
        private func change(of slot: Int, _ random: inout SplitMix64) -> Verb {
            switch random.below(10) {
            case 0 where !kept[slot].isEmpty, 1 where !kept[slot].isEmpty: .dropCheckpoint
            case 2 where !kept[slot].isEmpty, 3 where !kept[slot].isEmpty: .returnToCheckpoint
            case 4 where !ports[slot].isEmpty, 5 where !ports[slot].isEmpty: .detachPort
            case 0 where states[slot] == .stopped, 2 where states[slot] == .stopped, 6 where states[slot] == .stopped: .saveAsTemplate
            case 4, 5, 7: .attachPort
            default: .checkpoint
            }
        }
    }
}
