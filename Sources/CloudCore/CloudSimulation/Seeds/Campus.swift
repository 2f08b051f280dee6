// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudOperations
import CloudStore
import CloudWorkflow

/// What every seed begins with: hosts, each with a network, an image and a template of its own, and machines of three people, three of five
/// of them started, and half of them with something done to them since (`CampusWishes`).
public struct Campus: Sendable {
    /// Its hosts, as they are at the beginning of a seed.
    public let hosts: [ID<HostKind>: SimulatedHost.State]
    /// When a seed begins.
    public let now: Timestamp
    /// Who may do everything.
    public let admin: Principal
    /// Who is at work.
    public let people: [Principal]
    /// A template of each host.
    public let templates: [ID<TemplateKind>]
    /// The machines.
    public let instances: [ID<InstanceKind>]

    /// Some rule was broken while nothing went wrong.
    public struct Wrong: Error, Hashable, CustomStringConvertible {
        /// Which, by what.
        public let description: String
    }

    /// Makes a campus, in calm: its records are then on the disk, and each seed begins with a copy of it (``cloud(seed:on:keeping:)``).
    /// - Parameters:
    ///   - count: at most 10 hosts, of 8 processors and 16 gibibytes.
    ///   - wanted: how many machines, by turns on the hosts and of the people.
    ///   - disk: an empty one.
    public init(hosts count: Int, instances wanted: Int, on disk: @escaping SimulatedCloud.Disk) throws {
        let cloud = SimulatedCloud(
            seed: 1,
            hosts: Dictionary(
                uniqueKeysWithValues: (1...max(1, count)).map {
                    (SimulatedCloud.host($0), SimulatedHost.State(cpus: CPUCount(8), memory: .gibibytes(16)))
                }),
            disk: disk, begins: SimulatedClock().now())
        (admin, people, templates, instances) = try cloud.tell { cloud in
            let admin = try await cloud.prepare()
            // The first look at each host.
            try await cloud.wait(.seconds(4))
            var (people, templates, instances) = ([Principal](), [ID<TemplateKind>](), [ID<InstanceKind>]())
            for login in ["anna", "bela", "cili"] { people.append(try await cloud.person(login, by: admin)) }
            for number in 1...max(1, count) {
                templates.append(try await cloud.template("tiny-\(number)", onHost: number, by: admin))
            }
            for number in 0..<wanted {
                let (template, person) = (templates[number % templates.count], people[number % people.count])
                let made = try await cloud.ask { manager in
                    let request = try manager.request(template: template, name: "machine-\(number)", start: number % 5 > 1, by: person)
                    _ = try await manager.submit(request)
                    return request.members[0].id
                }
                instances.append(made)
            }
            try await cloud.wait(.seconds(20))
            for turn in 0..<(CampusWishes.before.map(\.count).max() ?? 0) {
                for (number, machine) in instances.enumerated() where number % 2 == 0 {
                    let (verbs, person) = (CampusWishes.before[number / 2 % CampusWishes.before.count], people[number % people.count])
                    guard turn < verbs.count else { continue }
                    try await cloud.ask { manager in
                        let wish = try await manager.world.store.read { view in
                            try view.fits(verbs[turn], machine)
                                ? view.wish(verbs[turn], of: machine, by: person, dice: number / 16, of: manager) : nil
                        }
                        if let wish { _ = try await manager.submit(wish.operation) }
                    }
                }
                try await cloud.wait(.seconds(40))
            }
            return (admin, people, templates, instances)
        }
        guard cloud.violations.isEmpty else {
            throw Wrong(description: cloud.violations.map(\.description).joined(separator: "\n"))
        }
        hosts = cloud.hosts.mapValues { $0.snapshot() }
        now = cloud.clock.now()
    }

    /// The machines that are a person's.
    func machines(of person: Principal) -> [ID<InstanceKind>] {
        instances.indices.filter { people[$0 % people.count] == person }.map { instances[$0] }
    }

    /// A cloud of a seed that begins here.
    /// - Parameters:
    ///   - disk: a copy of the one on which the campus was made, of this cloud alone.
    ///   - lines: how many lines of its log are kept.
    public func cloud(seed: UInt64, on disk: @escaping SimulatedCloud.Disk, keeping lines: Int = 2000) -> SimulatedCloud {
        SimulatedCloud(seed: seed, hosts: hosts, disk: disk, begins: now, keeping: lines)
    }
}
