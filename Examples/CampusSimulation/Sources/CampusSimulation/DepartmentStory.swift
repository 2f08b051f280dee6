// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreMemory

/// One machine of one student in one class.
struct Visit: Sendable {
    let student: Int
    let machine: ID<InstanceKind>
    let askedAt: Timestamp
    var readyAt: Timestamp?
    var leftAt: Timestamp?
    /// Why there was none: the code of the last refusal.
    var refusal: String?
}

/// What a department's semester came to.
struct DepartmentReport: Sendable {
    let name: String
    let lessons: [(begins: Timestamp, visits: [Visit])]
    /// Broken rules, and what records and hosts do not agree about.
    let wrong: [String]
    /// Commits, and calls that reached a host.
    let steps: Int
    /// How much time was simulated in full; between classes the clock jumps.
    let simulated: Duration
}

/// The semester of one department in a cloud of its own: at the beginning of a class its students start their machines, at its end they shut
/// them down. Whoever has none yet launches one.
struct DepartmentStory: Sendable {
    let plan: CampusPlan
    let department: CampusPlan.Department
    let template: CampusPlan.Template
    let seed: UInt64

    /// Students come within two minutes, and leave within one.
    private static let arrival = 120
    private static let leaving = 60
    /// Hosts are asked once in a minute here, and the clock goes on by itself so long before anything happens: their word is fresh then.
    private static let lead = Duration.seconds(65)

    /// All rules are looked at some times in a class: every hundred steps they would take two fifths of the time.
    private static let stepsBetweenLooks = 2000

    private static var settings: Settings {
        var settings = Settings()
        (settings.watchInterval, settings.freshness) = (.seconds(60), .seconds(90))
        (settings.driftInterval, settings.keyInterval, settings.readyInterval) = (.seconds(600), .seconds(600), .seconds(60))
        (settings.collectorInterval, settings.pollInterval) = (.seconds(600), .seconds(4))
        // The jumps between classes are no absence of the manager.
        (settings.absenceAfter, settings.longestAbsence) = (.seconds(400 * 86_400), .seconds(500 * 86_400))
        return settings
    }

    /// Tells it on the calling thread.
    func tell() throws -> DepartmentReport {
        let disk = MemoryStore()
        let hosts = (1...department.hosts).map { (SimulatedCloud.host($0), SimulatedHost.State()) }
        let cloud = SimulatedCloud(
            seed: seed, hosts: Dictionary(uniqueKeysWithValues: hosts), disk: { try disk.reopened() }, begins: plan.begins,
            settings: Self.settings, bootTime: template.boots, keeping: 100,
            stepsBetweenLooks: Self.stepsBetweenLooks)
        let (lessons, differences) = try cloud.tell { cloud in
            let admin = try await cloud.prepare()
            try await cloud.wait(Self.lead)
            var (templates, people): ([ID<TemplateKind>], [Principal]) = ([], [])
            for number in 1...department.hosts { templates.append(try await make(number, in: cloud, by: admin)) }
            for number in 0..<department.students { people.append(try await cloud.person("student-\(number)", by: admin)) }
            var lessons: [(begins: Timestamp, visits: [Visit])] = []
            var machines: [Int: ID<InstanceKind>] = [:]
            for lesson in plan.lessons(of: department) {
                let visits = try await hold(lesson, in: cloud, people, templates, machines)
                for visit in visits where visit.readyAt != nil { machines[visit.student] = visit.machine }
                lessons.append((lesson.begins, visits))
            }
            let differences = try await cloud.ask { manager in
                try await cloud.lookAtEverything(in: manager.world.store)
                let open = try await manager.world.store.unfinishedRuns().map { "\($0.kind) \($0.id) has not ended" }
                return try await open + Audit(cloud: manager).report(for: admin).differences
            }
            return (lessons, differences)
        }
        return DepartmentReport(
            name: department.name, lessons: lessons, wrong: differences + cloud.violations.map(\.description), steps: cloud.steps,
            simulated: cloud.simulator.now.elapsed)
    }

    /// A template of a host, for a project: a machine outlives the week.
    private func make(_ number: Int, in cloud: SimulatedCloud, by admin: Principal) async throws -> ID<TemplateKind> {
        guard let policy = ID<LeasePolicyKind>("lease-project") else { throw CloudError(.notFound, ["object": "lease-project"]) }
        return try await cloud.template(
            "\(department.template)-\(number)", onHost: number, cpus: CPUCount(template.cpus), memory: template.memory, leasePolicy: policy,
            by: admin)
    }

    private func hold(
        _ lesson: CampusPlan.Lesson, in cloud: SimulatedCloud, _ people: [Principal], _ templates: [ID<TemplateKind>],
        _ machines: [Int: ID<InstanceKind>]
    ) async throws -> [Visit] {
        try await Self.skip(to: lesson.begins, in: cloud)
        var visits = try await withThrowingTaskGroup(of: Visit?.self) { tasks -> [Visit] in
            for fault in lesson.faults {
                tasks.addTask {
                    try await Self.strike(fault, in: cloud); return nil
                }
            }
            for student in lesson.students {
                let (person, template) = (people[student], templates[student % templates.count])
                let delay = cloud.chance.below(Self.arrival * 1000, of: "arrival")
                tasks.addTask {
                    try await cloud.wait(.milliseconds(delay))
                    return try await Self.come(student, person, machines[student], template, in: cloud)
                }
            }
            return try await tasks.reduce(into: [Visit]()) { visits, visit in if let visit { visits.append(visit) } }
        }.sorted { $0.student < $1.student }
        try await Self.quiet(cloud)
        try await Self.skip(to: lesson.ends, in: cloud)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for visit in visits where visit.readyAt != nil {
                let (person, delay) = (people[visit.student], cloud.chance.below(Self.leaving * 1000, of: "leaving"))
                tasks.addTask {
                    try await cloud.wait(.milliseconds(delay))
                    _ = try await Self.insist(in: cloud) { try await $0.submit(ShutDownInstance(by: person, instance: visit.machine)) }
                }
            }
            try await tasks.waitForAll()
        }
        try await Self.quiet(cloud)
        let machines = visits.map(\.machine)
        let statuses = try await Self.patiently(in: cloud) {
            try await $0.world.store.read { view in try machines.map { try view.statuses.find($0) } }
        }
        for (index, status) in statuses.enumerated() where status?.state == .stopped { visits[index].leftAt = status?.changedAt }
        return visits
    }

    /// A student comes and starts the machine, or launches a first one, and looks every ten seconds whether it is ready. Where the start was
    /// taken back (its host could not be reached) the student asks again, for ten minutes.
    private static func come(
        _ student: Int, _ person: Principal, _ machine: ID<InstanceKind>?, _ template: ID<TemplateKind>, in cloud: SimulatedCloud
    ) async throws -> Visit {
        let askedAt = cloud.clock.now()
        var visit: Visit
        if let machine {
            let refusal = try await insist(in: cloud) { try await $0.submit(StartInstance(by: person, instance: machine)) }
            visit = Visit(student: student, machine: machine, askedAt: askedAt, refusal: refusal)
        } else {
            let request = try await patiently(in: cloud) { try $0.request(template: template, name: "machine", by: person) }
            let refusal = try await insist(in: cloud) { try await $0.submit(request) }
            visit = Visit(student: student, machine: request.members[0].id, askedAt: askedAt, refusal: refusal)
        }
        let instance = visit.machine
        for _ in 0..<60 {
            try await cloud.wait(.seconds(10))
            let status = try await patiently(in: cloud) { try await $0.world.store.read { try $0.statuses.find(instance) } }
            // A first launch that was refused left nothing.
            guard let status else { return visit }
            if status.state == .running, let readyAt = status.readyAt {
                (visit.readyAt, visit.refusal) = (readyAt, nil)
                return visit
            }
            if status.state != .running, status.operation == nil {
                visit.refusal = try await insist(in: cloud) { try await $0.submit(StartInstance(by: person, instance: instance)) }
            }
        }
        visit.refusal = visit.refusal ?? "not ready"
        return visit
    }

    /// Asks what changes nothing, again where the manager is away.
    private static func patiently<Answer>(in cloud: SimulatedCloud, _ body: (Cloud) async throws -> Answer) async throws -> Answer {
        for _ in 0..<24 {
            do { return try await cloud.ask(body) } catch is SimulatedCloud.ManagerIsAway {} catch is ManagerDied {}
            try await cloud.wait(.seconds(5))
        }
        return try await cloud.ask(body)
    }

    /// Asks until there is an answer: nil, or the code of a refusal. What was begun by an earlier try that nobody answered is no refusal.
    private static func insist(
        in cloud: SimulatedCloud, _ body: @escaping @Sendable (Cloud) async throws -> Cloud.Submitted
    ) async throws -> String? {
        var last = ""
        for attempt in 0..<24 {
            if attempt > 0 { try await cloud.wait(.seconds(5)) }
            do {
                _ = try await cloud.ask(body)
                return nil
            } catch let refusal as CloudError {
                let isDone = attempt > 0 && [.busy, .nameTaken, .stateForbids].contains(refusal.code)
                if isDone { return nil }
                last = refusal.code.rawValue
            } catch is CancellationError { throw CancellationError() } catch { last = "\(error)" }
        }
        return last
    }

    private static func strike(_ fault: CampusPlan.Fault, in cloud: SimulatedCloud) async throws {
        let wait = fault.at - cloud.clock.now()
        if wait > .zero { try await cloud.wait(wait) }
        switch fault.kind {
        case .managerDies: cloud.crashManager()
        case .cutOff(let host, let length):
            cloud.set(.cutOff, of: SimulatedCloud.host(host))
            try await cloud.wait(length)
            cloud.set(.whole, of: SimulatedCloud.host(host))
        }
    }

    /// Lets the clock jump to shortly before a moment, and the time pass until it.
    private static func skip(to moment: Timestamp, in cloud: SimulatedCloud) async throws {
        let jump = moment - cloud.clock.now() - lead
        if jump > .zero { cloud.clock.jump(by: jump) }
        let rest = moment - cloud.clock.now()
        if rest > .zero { try await cloud.wait(rest) }
    }

    /// Until no operation is open; for twenty minutes at most, what is stuck then is told at the end.
    private static func quiet(_ cloud: SimulatedCloud) async throws {
        for _ in 0..<240 {
            try await cloud.wait(.seconds(5))
            if try await patiently(in: cloud, { try await $0.world.store.unfinishedRuns() }).isEmpty { return }
        }
    }
}
