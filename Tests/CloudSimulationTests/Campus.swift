// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Testing

/// What every seed begins with: hosts, each with a network, an image and a template of its own, and machines of three people, two of three
/// of them ready.
struct Campus: Sendable {
    let disk: SQLiteMemoryStore
    let hosts: [ID<HostKind>: SimulatedHost.State]
    let now: Timestamp
    let admin: Principal
    let people: [Principal]
    let templates: [ID<TemplateKind>]
    let instances: [ID<InstanceKind>]

    init(hosts count: Int, instances wanted: Int) throws {
        let disk = try SQLiteMemoryStore()
        let cloud = SimulatedCloud(
            seed: 1,
            hosts: Dictionary(
                uniqueKeysWithValues: (1...count).map {
                    (SimulatedCloud.host($0), SimulatedHost.State(cpus: CPUCount(8), memory: .gibibytes(16)))
                }),
            disk: { try disk.reopened() }, begins: SimulatedClock().now())
        (admin, people, templates, instances) = try cloud.tell { cloud in
            let admin = try await cloud.prepare()
            // The first look at each host.
            try await cloud.wait(.seconds(4))
            var (people, templates, instances) = ([Principal](), [ID<TemplateKind>](), [ID<InstanceKind>]())
            for login in ["anna", "bela", "cili"] { people.append(try await cloud.person(login, by: admin)) }
            for number in 1...count { templates.append(try await cloud.template("tiny-\(number)", onHost: number, by: admin)) }
            for number in 0..<wanted {
                let (template, person) = (templates[number % count], people[number % people.count])
                let made = try await cloud.ask { manager in
                    let request = try manager.request(template: template, name: "machine-\(number)", start: number % 3 > 0, by: person)
                    _ = try await manager.submit(request)
                    return request.members[0].id
                }
                instances.append(made)
            }
            try await cloud.wait(.seconds(20))
            return (admin, people, templates, instances)
        }
        #expect(cloud.violations.isEmpty)
        self.disk = disk
        self.hosts = cloud.hosts.mapValues { $0.snapshot() }
        now = cloud.clock.now()
    }

    /// A cloud of a seed that begins here.
    func cloud(seed: UInt64) throws -> SimulatedCloud {
        let disk = try disk.copied()
        return SimulatedCloud(seed: seed, hosts: hosts, disk: { try disk.reopened() }, begins: now)
    }
}
