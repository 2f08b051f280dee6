// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
import CloudStore
import CloudWorkflow
import Synchronization

/// Tells a ``Scenario`` in a ``SimulatedCloud``.
public struct ScenarioTeller: Sendable {
    /// What was expected did not come.
    public struct Unmet: Error, Sendable, Hashable, CustomStringConvertible {
        /// The line of the sentence.
        public let line: Int
        /// What was found instead.
        public let found: String
        /// The log until then.
        public fileprivate(set) var log: [String] = []
        /// `line 12: found`
        public var description: String { "line \(line): \(found)" }
    }

    /// What names in the story stand for.
    private struct Names {
        var admin: Principal?
        var people: [String: Principal] = [:]
        var templates: [String: ID<TemplateKind>] = [:]
        var machines: [String: ID<InstanceKind>] = [:]
        var checkpoints: [String: ID<CheckpointKind>] = [:]
        var disks: [String: ID<DiskKind>] = [:]
        /// What was said of the last deed; nil before the first.
        var answer: Answer?
        /// What the last deed asked for; nil where it was not taken.
        var last: ID<OperationKind>?
        /// All that was taken.
        var taken: [ID<OperationKind>] = []
    }

    /// What somebody was told who asked.
    private enum Answer: Equatable, CustomStringConvertible {
        case taken
        case refused(ErrorCode)
        /// The manager was away, or died meanwhile.
        case nothing

        var description: String {
            switch self {
            case .taken: "taken"
            case .refused(let code): "refused: \(code.rawValue)"
            case .nothing: "not answered"
            }
        }
    }

    let scenario: Scenario

    /// A teller of a scenario.
    public init(_ scenario: Scenario) { self.scenario = scenario }

    /// Tells it, and gives the log, a line for each sentence (`> …`) between those of what happened. Synchronous: the calling thread is the
    /// simulation's.
    /// - Parameters:
    ///   - seed: of ids, travel times and faults.
    ///   - disk: where the records are to be; empty.
    /// - Throws: ``Unmet``, also where a sentence could not be told at all; ``Simulator/Stuck``.
    public func tell(seed: UInt64 = 1, on disk: @escaping SimulatedCloud.Disk) throws -> [String] {
        let count = scenario.sentences.lazy.compactMap { if case .hosts(let count) = $0.sentence { count } else { nil } }.first ?? 1
        let hosts = (1...count).map { (SimulatedCloud.host($0), SimulatedHost.State(cpus: CPUCount(8), memory: .gibibytes(16))) }
        let cloud = SimulatedCloud(
            seed: seed, hosts: Dictionary(uniqueKeysWithValues: hosts), disk: disk, begins: SimulatedClock().now(), keeping: 100_000)
        do { try tell(cloud) } catch var unmet as Unmet {
            unmet.log = cloud.log.lines
            throw unmet
        }
        return cloud.log.lines
    }

    private func tell(_ cloud: SimulatedCloud) throws {
        try cloud.tell { cloud in
            var names = Names()
            for (line, sentence) in scenario.sentences {
                cloud.add("> \(scenario.texts[line - 1])")
                do { try await tell(sentence, line, cloud, &names) } catch let unmet as Unmet { throw unmet } catch is CancellationError {
                    throw CancellationError()
                } catch { throw Unmet(line: line, found: Self.words(for: error)) }
            }
        }
    }

    /// Why a sentence could not be told.
    private static func words(for error: any Error) -> String {
        switch error {
        case is SimulatedCloud.ManagerIsAway: "no manager lives at this moment; the next one does a second after the death of the last"
        case is ManagerDied, is RunnerEnded: "the manager died before it answered"
        case let refusal as CloudError: "it was refused: \(refusal)"
        default: "\(error)"
        }
    }

    private func tell(_ sentence: Scenario.Sentence, _ line: Int, _ cloud: SimulatedCloud, _ names: inout Names) async throws {
        func unmet(_ found: String) -> Unmet { Unmet(line: line, found: found) }
        func known<Value>(_ what: String, _ name: String, in values: [String: Value]) throws -> Value {
            guard let value = values[name] else { throw unmet("there is no \(what) “\(name)”") }
            return value
        }
        func host(_ name: String) throws -> ID<HostKind> {
            guard let number = ScenarioNames.number(ofHost: name), cloud.hosts[SimulatedCloud.host(number)] != nil else {
                throw unmet("there is no host “\(name)”")
            }
            return SimulatedCloud.host(number)
        }
        func lastTaken() throws -> ID<OperationKind> {
            guard let last = names.last else { throw unmet("the last deed was \(names.answer ?? .nothing)") }
            return last
        }
        func onHost(of machine: String, _ change: (SimulatedHost, ID<InstanceKind>) throws -> Void) throws {
            let id = try known("machine", machine, in: names.machines)
            for host in cloud.hosts.values where host.guests.snapshot().guests[id] != nil { try change(host, id) }
        }
        switch sentence {
        case .hosts:
            let admin = try await cloud.prepare()
            (names.admin, names.people[SimulatedSite.administratorLogin]) = (admin, admin)
        case .template(let name, let place):
            guard let admin = names.admin, let number = ScenarioNames.number(ofHost: place) else { throw unmet("hosts come first") }
            _ = try host(place)
            names.templates[name] = try await cloud.template(name, onHost: number, by: admin)
        case .people(let logins):
            guard let admin = names.admin else { throw unmet("hosts come first") }
            for login in logins { names.people[login] = try await cloud.person(login, by: admin) }
        case .launch(let person, let template, let name):
            let (principal, template) = (
                try known("person", person, in: names.people), try known("template", template, in: names.templates)
            )
            let made = Mutex<ID<InstanceKind>?>(nil)
            try await take(&names) {
                try await cloud.ask { cloud in
                    let request = try cloud.request(template: template, name: name, by: principal)
                    made.withLock { $0 = request.members[0].id }
                    _ = try await cloud.submit(request)
                    // What takes a while of a launch is its start.
                    return request.members[0].start
                }
            }
            // Where nobody was there to be asked, the name stands for a machine that is not there; where it was refused, for the one before.
            let machine = made.withLock { $0 } ?? cloud.ids.next(InstanceKind.self)
            if names.last != nil || names.answer == .nothing || names.machines[name] == nil { names.machines[name] = machine }
        case .deed(let person, let deed, let machine):
            let (principal, id) = (try known("person", person, in: names.people), try known("machine", machine, in: names.machines))
            let operation = try operation(deed, of: id, by: principal, cloud, &names, unmet: unmet)
            try await take(&names) { try await cloud.ask(operation) }
        case .cancel(let person):
            let principal = try known("person", person, in: names.people)
            let last = try lastTaken()
            names.answer = try await answer { try await cloud.ask { try await $0.cancel(last, by: principal) } }
        case .signIn(let person):
            let principal = try known("person", person, in: names.people)
            _ = try await cloud.ask {
                try await $0.createToken(hash: "the hash of \(person)'s token", of: principal.user, label: "story", by: principal)
            }
        case .wait(let duration): try await cloud.wait(duration)
        case .managerDies: cloud.crashManager()
        case .reach(let name, let reach): cloud.set(reach, of: try host(name))
        case .hostReboots(let name): try cloud.hosts[host(name)]?.losePower()
        case .killed(let machine): try onHost(of: machine) { try $0.guests.crash($1) }
        case .agent(let machine, let agent): try onHost(of: machine) { try $0.guests.setAgent(agent, of: $1) }
        case .diskFull(let machine): try onHost(of: machine) { try $0.guests.pauseByFullDisk($1) }
        case .recordDamaged(let machine):
            let id = try known("machine", machine, in: names.machines)
            _ = try await cloud.ask { cloud in
                try await cloud.world.store.write { tx in try tx.statuses.change(id) { $0.host = nil } }
            }
        case .memoryLost(let machine):
            let id = try known("machine", machine, in: names.machines)
            for host in cloud.hosts.values { try host.guests.loseMemory(of: id) }
        case .store(let name, let isFull):
            try cloud.hosts[host(name)]?.disks.intervene { $0.capacity = isFull ? $0.used : .gibibytes(1024) }
        case .clockJumps(let duration): cloud.clock.jump(by: duration)
        case .faults(let name, let rate): cloud.faults.set(name, to: rate)
        case .expectState(let machine, let state):
            let id = try known("machine", machine, in: names.machines)
            let found = try await cloud.ask { try await $0.world.store.read { try $0.statuses.find(id)?.state } }
            guard found == state else { throw unmet("\(machine) is \(found?.rawValue ?? "not there")") }
        case .expectRefused(let code):
            guard names.answer == .refused(code) else { throw unmet("the last deed was \(names.answer ?? .nothing)") }
        case .expectEnd(let end):
            let last = try lastTaken()
            let run = try await cloud.ask { try await $0.world.store.run(RunID(last.text)) }
            let (state, failure) = (run?.state, run?.failure.flatMap { ErrorCode(rawValue: $0.code) })
            let isSo =
                switch end {
                case .state(let due): state == due
                case .failed(let code): state == .undone && failure == code
                }
            guard isSo else { throw unmet("it is \(state?.rawValue ?? "not there"), \(run?.failure.map(\.code) ?? "without a failure")") }
        case .expectRevisions(let template, let due):
            let id = try known("template", template, in: names.templates)
            let count = try await cloud.ask { try await $0.world.store.read { try $0.revisions.count(.equals(.template, .id(id))) } }
            guard count == due else { throw unmet("\(template) has \(count)") }
        case .expectSignedIn(let person):
            let principal = try known("person", person, in: names.people)
            let who = try await cloud.ask { try await $0.authenticate(tokenHash: "the hash of \(person)'s token").principal }
            guard who == principal else { throw unmet("\(person)'s token is \(who.user)'s") }
        case .expectClean:
            guard let admin = names.admin else { throw unmet("hosts come first") }
            let differences = try await cloud.ask { try await Audit(cloud: $0).report(for: admin) }.differences
            try await cloud.expectEverythingEnded(names.taken)
            var wrong = differences + cloud.violations.map(\.description)
            if wrong.isEmpty {
                cloud.expectQuiet(.onHostsAndInGuests)
                try await cloud.wait(.seconds(30))
                cloud.expectQuiet(.nowhere)
                wrong = cloud.violations.map(\.description)
            }
            guard wrong.isEmpty else { throw unmet(wrong.joined(separator: "; ")) }
        }
    }

    /// Does what somebody asks for, and remembers what became of it: what was asked for before is the last no more, whatever is said now.
    private func take(_ names: inout Names, _ deed: () async throws -> ID<OperationKind>) async throws {
        var taken: ID<OperationKind>?
        names.last = nil
        names.answer = try await answer { taken = try await deed() }
        guard let taken else { return }
        names.last = taken
        names.taken.append(taken)
    }

    private func answer(_ deed: () async throws -> Void) async throws -> Answer {
        do { try await deed() } catch let error as CloudError { return .refused(error.code) } catch is SimulatedCloud.ManagerIsAway {
            return .nothing
        } catch is ManagerDied { return .nothing } catch is RunnerEnded { return .nothing }
        return .taken
    }

    private typealias Submission = @Sendable (Cloud) async throws -> ID<OperationKind>

    /// What a deed asks the manager for. New things get their ids and names here, so that the story can go on to speak of them.
    private func operation(
        _ deed: Scenario.Deed, of id: ID<InstanceKind>, by person: Principal, _ cloud: SimulatedCloud, _ names: inout Names,
        unmet: (String) -> Unmet
    ) throws -> Submission {
        func named<Kind>(_ what: String, _ name: String, in known: [String: ID<Kind>]) throws -> ID<Kind> {
            guard let id = known[name] else { throw unmet("there is no \(what) “\(name)”") }
            return id
        }
        let ids = cloud.ids
        switch deed {
        case .verb(let verb): return try Self.operation(verb, of: id, by: person, cloud)
        case .resize(let cpus):
            return { try await $0.submit(ResizeInstance(by: person, instance: id, cpus: CPUCount(cpus), memory: nil)).operation }
        case .checkpoint(let name):
            let (checkpoint, disk, title) = (ids.next(CheckpointKind.self), ids.next(DiskKind.self), try DisplayName(name))
            names.checkpoints[name] = checkpoint
            return { cloud in
                let isRunning = try await cloud.world.store.read { try $0.statuses.get(id).state == .running }
                return try await cloud.submit(
                    CheckpointInstance(by: person, instance: id, checkpoint: checkpoint, disk: disk, name: title, withMemory: isRunning)
                ).operation
            }
        case .returnTo(let name):
            let (checkpoint, disk) = (try named("checkpoint", name, in: names.checkpoints), ids.next(DiskKind.self))
            return { try await $0.submit(ReturnToCheckpoint(by: person, instance: id, checkpoint: checkpoint, disk: disk)).operation }
        case .saveAs(let name):
            let (template, image, title) = (ids.next(TemplateKind.self), ids.next(ImageKind.self), try DisplayName(name))
            names.templates[name] = template
            return {
                try await $0.submit(SaveAsTemplate(by: person, instance: id, template: template, name: title, image: image)).operation
            }
        case .attach(let name):
            let known = names.disks[name]
            let disk = known ?? ids.next(DiskKind.self)
            names.disks[name] = disk
            let size: ByteCount? = known == nil ? .mebibytes(64) : nil
            return { try await $0.submit(AttachDisk(by: person, instance: id, disk: disk, size: size)).operation }
        case .detach(let name):
            let disk = try named("disk", name, in: names.disks)
            return { try await $0.submit(DetachDisk(by: person, instance: id, disk: disk)).operation }
        }
    }

    private static func operation(_ verb: Verb, of id: ID<InstanceKind>, by person: Principal, _ cloud: SimulatedCloud) throws -> Submission
    {
        let ids = cloud.ids
        switch verb {
        case .start: return { try await $0.submit(StartInstance(by: person, instance: id)).operation }
        case .suspend: return { try await $0.submit(SuspendInstance(by: person, instance: id)).operation }
        case .wake: return { try await $0.submit(WakeInstance(by: person, instance: id)).operation }
        case .shutDown: return { try await $0.submit(ShutDownInstance(by: person, instance: id)).operation }
        case .forceOff: return { try await $0.submit(ForceOffInstance(by: person, instance: id)).operation }
        case .destroy: return { try await $0.submit(DestroyInstance(by: person, instance: id)).operation }
        case .recover:
            let port = ids.next(PortKind.self)
            return { try await $0.submit(RecoverInstance(by: person, instance: id, port: port)).operation }
        case .reboot: return { try await $0.submit(RebootInstance(by: person, instance: id)).operation }
        case .reset: return { try await $0.submit(ResetInstance(by: person, instance: id)).operation }
        case .pause: return { try await $0.submit(PauseInstance(by: person, instance: id)).operation }
        case .resume: return { try await $0.submit(ResumeInstance(by: person, instance: id)).operation }
        case .rebuild:
            let disk = ids.next(DiskKind.self)
            return { try await $0.submit(RebuildInstance(by: person, instance: id, disk: disk)).operation }
        case .renew: return { try await $0.submit(RenewInstances(by: person, instances: [id])).operation }
        default: throw CloudError(.internalFault, ["part": "scenario"], detail: "\(verb) is no deed of a scenario")
        }
    }
}
