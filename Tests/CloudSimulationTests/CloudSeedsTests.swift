// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import Foundation
import Testing

/// Three people at work on 60 machines of 8 hosts, while managers die and calls, answers and commits are lost. When nothing goes wrong any
/// more, everything that was acknowledged has ended, and records and hosts agree.
@Suite(.serialized) struct CloudSeedsTests {
    static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SIM_SEED"].flatMap(UInt64.init) { return [seed] }
        return Array(1...max(1, environment["SIM_SEEDS"].flatMap(UInt64.init) ?? 100))
    }
    private static let campus = Result { try Campus(hosts: 8, instances: 60) }

    @Test(arguments: seeds) func seed(_ seed: UInt64) async throws {
        let campus = try Self.campus.get()
        let cloud = try campus.cloud(seed: seed)
        let told = Result { try tell(campus, cloud) }
        if case .failure(let error) = told {
            Issue.record("SIM_SEED=\(seed): \(error)\n\(cloud.log.lines.suffix(60).joined(separator: "\n"))")
        }
        #expect(cloud.simulator.escapes == 0, "SIM_SEED=\(seed)")
    }

    @Test func theSameSeedTellsTheSameStory() async throws {
        let campus = try Self.campus.get()
        let clouds = try (0..<2).map { _ in try campus.cloud(seed: 7) }
        for cloud in clouds { try tell(campus, cloud) }
        #expect(clouds[0].log.digest == clouds[1].log.digest && clouds[0].log.count == clouds[1].log.count)
        #expect(zip(clouds[0].log.lines, clouds[1].log.lines).first { $0 != $1 } == nil)
    }

    struct Wrong: Error, CustomStringConvertible { let description: String }

    private func tell(_ campus: Campus, _ cloud: SimulatedCloud) throws {
        let differences = try cloud.tell { cloud in
            cloud.faults = .some
            let acknowledged = await withTaskGroup(of: [ID<OperationKind>].self) { tasks in
                for person in campus.people { tasks.addTask { await Self.work(as: person, campus, cloud) } }
                return await tasks.reduce(into: []) { $0 += $1 }
            }
            cloud.faults = Faults()
            // Everything ends within ten minutes of calm, back-off and the wait for a guest included.
            for _ in 0..<120 {
                try await cloud.wait(.seconds(5))
                guard let open = try? await cloud.ask({ try await $0.world.store.unfinishedRuns() }) else { continue }
                if open.isEmpty { break }
            }
            try await cloud.wait(.seconds(30))
            return try await cloud.ask { manager -> [String] in
                let open = try await manager.world.store.unfinishedRuns().map { "\($0.kind) \($0.id) has not ended: \($0)" }
                var lost: [String] = []
                for id in acknowledged where try await manager.world.store.run(RunID(id.text)) == nil {
                    lost.append("\(id) was acknowledged and is lost")
                }
                try await cloud.lookAtEverything(in: manager.world.store)
                return try await open + lost + Audit(cloud: manager).report(for: campus.admin).differences
            }
        }
        let wrong = differences + cloud.violations.map(\.description)
        guard wrong.isEmpty else { throw Wrong(description: wrong.joined(separator: "\n")) }
    }

    /// A few requests, one after the other, and those that were acknowledged; what nobody answered is left to itself.
    private static func work(
        as person: Principal, _ campus: Campus, _ cloud: SimulatedCloud
    ) async -> [ID<OperationKind>] {
        var acknowledged: [ID<OperationKind>] = []
        let purpose = "work of \(person.user)"
        func draw(_ bound: Int) -> Int { cloud.chance.below(bound, of: purpose) }
        for _ in 0..<8 {
            let instance = campus.instances[draw(campus.instances.count)]
            let (choice, template) = (draw(12), campus.templates[draw(campus.templates.count)])
            do {
                try await cloud.wait(.milliseconds(draw(4000)))
                let operation = try await cloud.ask { manager in
                    switch choice {
                    case 0, 1, 2: try await manager.submit(StartInstance(by: person, instance: instance)).operation
                    case 3: try await manager.submit(SuspendInstance(by: person, instance: instance)).operation
                    case 4: try await manager.submit(WakeInstance(by: person, instance: instance)).operation
                    case 5: try await manager.submit(ForceOffInstance(by: person, instance: instance)).operation
                    case 6: try await manager.submit(ShutDownInstance(by: person, instance: instance)).operation
                    case 7: try await manager.submit(DestroyInstance(by: person, instance: instance)).operation
                    case 8: try await manager.submit(RebootInstance(by: person, instance: instance)).operation
                    default: try await manager.submit(manager.request(template: template, name: "new", by: person)).operation
                    }
                }
                acknowledged.append(operation)
            } catch {}
        }
        return acknowledged
    }
}
