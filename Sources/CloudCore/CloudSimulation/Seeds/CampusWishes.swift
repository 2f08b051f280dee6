// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
import CloudStore
import CloudWorkflow

/// What the people of a campus ask for, and how often.
enum CampusWishes {
    /// The upper half is every day's, the lower half all others that people have, but two: an image is imported, and a template made of
    /// it, of what somebody uploads, which the administrator did at the beginning.
    static let table: [(verb: Verb, times: Int)] = [
        (.create, 6), (.start, 6), (.suspend, 4), (.wake, 4), (.forceOff, 4), (.shutDown, 4), (.reboot, 4), (.destroy, 4),

        (.checkpoint, 4), (.returnToCheckpoint, 3), (.dropCheckpoint, 3), (.attachDisk, 3), (.detachDisk, 2), (.deleteDisk, 1),
        (.growDisk, 2), (.attachPort, 2), (.detachPort, 2), (.openForwardedPort, 2), (.closeForwardedPort, 1), (.pause, 2), (.resume, 2),
        (.reset, 1), (.resize, 2), (.rebuild, 2), (.recover, 2), (.renew, 1), (.update, 3), (.setPassword, 2), (.installKeys, 1),
        (.saveAsTemplate, 2), (.publishRevision, 1), (.retireRevision, 1),
    ]
    /// A verb as often as it stands in the table.
    static let verbs = table.flatMap { Array(repeating: $0.verb, count: $0.times) }
    /// What the people of a campus have done before a seed begins, a line for each machine by turns, so that there is something to return to, to
    /// drop, to detach, to wake.
    static let before: [[Verb]] = [
        [.checkpoint, .forceOff], [.attachDisk], [.openForwardedPort], [.saveAsTemplate], [.suspend], [.destroy], [.attachPort], [.pause],
    ]
}

/// What somebody asks for.
struct CampusWish: Sendable {
    let operation: any CloudOperation
    /// What takes a while of it, where that is an operation of its own.
    var goesOn: ID<OperationKind>?
    /// The machine that it makes.
    var made: ID<InstanceKind>?

    init(_ operation: any CloudOperation) { self.operation = operation }
}

extension StoreView {
    /// The first machine that a verb fits now, and otherwise the first of which it can be asked for at all.
    func wish(_ verb: Verb, among machines: [ID<InstanceKind>], by person: Principal, dice: Int, of manager: Cloud) throws -> CampusWish? {
        for machine in machines where try fits(verb, machine) {
            if let wish = try wish(verb, of: machine, by: person, dice: dice, of: manager) { return wish }
        }
        for machine in machines { if let wish = try wish(verb, of: machine, by: person, dice: dice, of: manager) { return wish } }
        return nil
    }

    /// Whether the state of a machine allows a verb, and no other has it.
    func fits(_ verb: Verb, _ machine: ID<InstanceKind>) throws -> Bool {
        guard let status = try statuses.find(machine) else { return false }
        return verb.refusal(in: status.state, of: machine) == nil && (status.operation == nil || !verb.claims || verb.takesOver)
    }

    /// Asks for a verb; nil where what it needs is not there.
    func wish(_ verb: Verb, of machine: ID<InstanceKind>, by person: Principal, dice: Int, of manager: Cloud) throws -> CampusWish? {
        func one<Part>(_ parts: [Part]) -> Part? { parts.isEmpty ? nil : parts[dice % parts.count] }
        let ids = manager.world.ids
        if verb == .create { return try launch(by: person, dice: dice, of: manager) }
        let operation: (any CloudOperation)? =
            switch verb {
            case .start: StartInstance(by: person, instance: machine)
            case .suspend: SuspendInstance(by: person, instance: machine)
            case .wake: WakeInstance(by: person, instance: machine)
            case .forceOff: ForceOffInstance(by: person, instance: machine)
            case .shutDown: ShutDownInstance(by: person, instance: machine)
            case .reboot: RebootInstance(by: person, instance: machine)
            case .reset: ResetInstance(by: person, instance: machine)
            case .pause: PauseInstance(by: person, instance: machine)
            case .resume: ResumeInstance(by: person, instance: machine)
            case .destroy: DestroyInstance(by: person, instance: machine)
            case .recover: RecoverInstance(by: person, instance: machine, port: ids.next(PortKind.self))
            case .renew: RenewInstances(by: person, instances: [machine])
            case .update: UpdateInstance(by: person, instance: machine, change: .init(name: try DisplayName("name-\(dice)")))
            case .setPassword: SetPassword(by: person, instance: machine, password: SeededSources.password(dice))
            case .installKeys: InstallKeys(by: person, instance: machine, install: ["ssh-ed25519 AAAA key-\(dice % 3)"])
            case .rebuild: RebuildInstance(by: person, instance: machine, disk: ids.next(DiskKind.self))
            case .resize:
                // Its revision has 512 mebibytes: there and back.
                ResizeInstance(
                    by: person, instance: machine, cpus: nil, memory: .mebibytes(dice % 2 == 0 ? 256 : 512),
                    restart: dice % 5 == 0 ? nil : ids.next(OperationKind.self))
            case .checkpoint:
                CheckpointInstance(
                    by: person, instance: machine, checkpoint: ids.next(CheckpointKind.self), disk: ids.next(DiskKind.self),
                    name: try DisplayName("kept-\(dice)"), withMemory: try dice % 2 == 0 && statuses.get(machine).state == .running)
            case .returnToCheckpoint:
                try one(checkpoints.all(.equals(.instance, .id(machine)))).map {
                    ReturnToCheckpoint(by: person, instance: machine, checkpoint: $0.id, disk: ids.next(DiskKind.self))
                }
            case .dropCheckpoint:
                try one(checkpoints.all(.equals(.instance, .id(machine)))).map {
                    DropCheckpoint(by: person, instance: machine, checkpoint: $0.id)
                }
            case .attachDisk:
                // One of theirs that lies there half of the time, where there is one.
                if dice % 2 == 0, let disk = try one(looseDisks(of: person, besides: machine)) {
                    AttachDisk(by: person, instance: machine, disk: disk, size: nil)
                } else {
                    AttachDisk(by: person, instance: machine, disk: ids.next(DiskKind.self), size: .mebibytes(64))
                }
            case .detachDisk:
                try one(attached(to: machine).filter { $0.owner != nil }).map { DetachDisk(by: person, instance: machine, disk: $0.id) }
            case .deleteDisk: try one(looseDisks(of: person)).map { DeleteDisk(by: person, disk: $0) }
            case .growDisk:
                try one(attached(to: machine)).map {
                    GrowDisk(by: person, instance: machine, disk: $0.id, size: $0.virtualSize + .mebibytes(1))
                }
            case .attachPort:
                // On the network of its host: the audit takes what a network serves for the host's that has the machines, as long as no network
                // spans hosts.
                try revision(of: machine).map {
                    AttachPort(by: person, instance: machine, port: ids.next(PortKind.self), network: $0.network)
                }
            case .detachPort:
                try one(ports.all(.equals(.instance, .id(machine))).filter { $0.slot != nil }).map {
                    DetachPort(by: person, instance: machine, port: $0.id)
                }
            case .openForwardedPort:
                OpenForwardedPort(
                    by: person, instance: machine, id: ids.next(ForwardedPortKind.self), transport: dice % 3 == 0 ? .udp : .tcp,
                    targetPort: UInt16(1 + dice % 1000))
            case .closeForwardedPort:
                try one(forwardedPorts.all(.equals(.instance, .id(machine)))).map {
                    CloseForwardedPort(by: person, instance: machine, forward: $0.id)
                }
            case .saveAsTemplate:
                // A revision of a template of theirs half of the time, where they have one.
                if dice % 2 == 0, let template = try one(templates.all(.equals(.owner, .id(person.user)))) {
                    SaveAsTemplate(by: person, instance: machine, template: template.id, name: nil, image: ids.next(ImageKind.self))
                } else {
                    SaveAsTemplate(
                        by: person, instance: machine, template: ids.next(TemplateKind.self), name: try DisplayName("saved-\(dice)"),
                        image: ids.next(ImageKind.self))
                }
            case .publishRevision:
                try one(savedRevisions(of: person)).map { PublishRevision(by: person, template: $0.template, number: $0.number) }
            case .retireRevision:
                try one(savedRevisions(of: person)).map { RetireRevision(by: person, template: $0.template, number: $0.number) }
            case .adopt, .collect, .console, .create, .createTemplate, .importImage, .see, .seePassword,
                .settle:
                nil
            }
        return operation.map(CampusWish.init)
    }

    /// A machine of a template that has something in production, their own or everybody's.
    private func launch(by person: Principal, dice: Int, of manager: Cloud) throws -> CampusWish? {
        let seen = Query<Template>(.visible(object: .id, subjects: person.subjects, at: manager.world.clock.now()))
        let known = try templates.list(seen).filter { $0.production != nil }
        guard !known.isEmpty else { return nil }
        let request = try manager.request(template: known[dice % known.count].id, name: nil, by: person)
        var wish = CampusWish(request)
        (wish.goesOn, wish.made) = (request.members[0].start, request.members[0].id)
        return wish
    }

    private func revision(of machine: ID<InstanceKind>) throws -> TemplateRevision? {
        let row = try instances.get(machine)
        return try revisions.find(key: "\(row.template)/\(row.revision)")
    }

    private func attached(to machine: ID<InstanceKind>) throws -> [Disk] {
        try disks.all(.equals(.instance, .id(machine))).filter { $0.slot != nil }
    }

    /// The data disks of a person that no machine has; where a machine is named, those that its host sees.
    private func looseDisks(of person: Principal, besides machine: ID<InstanceKind>? = nil) throws -> [ID<DiskKind>] {
        let store = try machine.flatMap { try attached(to: $0).first?.store }
        return try disks.all(.equals(.owner, .id(person.user)))
            .filter { $0.slot == nil && $0.trashedAt == nil && (machine == nil || $0.store == store) }.map(\.id)
    }

    private func savedRevisions(of person: Principal) throws -> [TemplateRevision] {
        try templates.all(.equals(.owner, .id(person.user))).flatMap { try revisions.all(.equals(.template, .id($0.id))) }
    }
}
