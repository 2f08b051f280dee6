// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import CloudWorkflow
import Testing

/// The whole product of verbs and states: what the table forbids is refused with a sentence and leaves no trace, what it allows is never
/// refused for the state, and "what may I do now" says the same before.
@Suite struct VerbsInStatesTests {
    /// The verbs of instances, as somebody asks for them. A new verb does not build without its line.
    private func operation(_ verb: Verb, of instance: ID<InstanceKind>, forward: ID<ForwardedPortKind>, at site: Site) throws
        -> (any CloudOperation)?
    {
        let anna = site.anna
        let (disks, ports) = try site.disk.read { view in
            (try view.disks.all(.equals(.instance, .id(instance))), try view.ports.all(.equals(.instance, .id(instance))))
        }
        let (boot, port) = (disks.first { $0.slot == 0 }?.id ?? ID(bits: 8, 8), ports.first?.id ?? ID(bits: 8, 8))
        return switch verb {
        case .attachDisk: AttachDisk(by: anna, instance: instance, disk: ID(bits: 8, 8), size: .gibibytes(1))
        case .detachDisk: DetachDisk(by: anna, instance: instance, disk: ID(bits: 8, 8))
        case .growDisk: GrowDisk(by: anna, instance: instance, disk: boot, size: .gibibytes(1))
        case .rebuild: RebuildInstance(by: anna, instance: instance, disk: ID(bits: 8, 8))
        case .resize: ResizeInstance(by: anna, instance: instance, cpus: nil, memory: .mebibytes(256), restart: ID(bits: 8, 8))
        case .saveAsTemplate:
            SaveAsTemplate(
                by: anna, instance: instance, template: ID(bits: 8, 8), name: try DisplayName("saved"), image: ID(bits: 8, 8))
        case .attachPort: AttachPort(by: anna, instance: instance, port: ID(bits: 8, 8), network: SimulatedSite.network)
        case .detachPort: DetachPort(by: anna, instance: instance, port: port)
        case .checkpoint:
            CheckpointInstance(
                by: anna, instance: instance, checkpoint: ID(bits: 8, 8), disk: ID(bits: 8, 8), name: try DisplayName("kept"))
        case .dropCheckpoint: DropCheckpoint(by: anna, instance: instance, checkpoint: ID(bits: 8, 8))
        case .returnToCheckpoint:
            ReturnToCheckpoint(by: anna, instance: instance, checkpoint: ID(bits: 8, 8), disk: ID(bits: 8, 8))
        case .closeForwardedPort: CloseForwardedPort(by: anna, instance: instance, forward: forward)
        case .destroy: DestroyInstance(by: anna, instance: instance)
        case .forceOff: ForceOffInstance(by: anna, instance: instance)
        case .installKeys: InstallKeys(by: anna, instance: instance)
        case .openForwardedPort: OpenForwardedPort(by: anna, instance: instance, id: ID(bits: 8, 8), targetPort: 80)
        case .pause: PauseInstance(by: anna, instance: instance)
        case .reboot: RebootInstance(by: anna, instance: instance)
        case .reset: ResetInstance(by: anna, instance: instance)
        case .resume: ResumeInstance(by: anna, instance: instance)
        case .setPassword: SetPassword(by: anna, instance: instance, password: Secret("12345678"))
        case .recover: RecoverInstance(by: anna, instance: instance, port: ID(bits: 8, 9))
        case .renew: RenewInstances(by: anna, instances: [instance])
        case .shutDown: ShutDownInstance(by: anna, instance: instance)
        case .start: StartInstance(by: anna, instance: instance)
        case .suspend: SuspendInstance(by: anna, instance: instance)
        case .update: UpdateInstance(by: anna, instance: instance, change: .init(name: try DisplayName("other")))
        case .wake: WakeInstance(by: anna, instance: instance)
        case .adopt, .collect, .console, .create, .createTemplate, .deleteDisk, .importImage, .publishRevision, .retireRevision, .see,
            .seePassword,
            .settle:
            nil
        }
    }

    /// An instance in a state, with a forwarded port.
    private func site(in state: InstanceState) async throws -> (Site, ID<InstanceKind>, ID<ForwardedPortKind>) {
        let site = try await Site()
        _ = try await HostWatch(cloud: site.cloud).pass()
        if state == .pending {
            let (instance, forward) = (try await site.make("mine", by: site.anna), site.cloud.world.ids.next(ForwardedPortKind.self))
            _ = try await site.cloud.perform(OpenForwardedPort(by: site.anna, instance: instance, id: forward, targetPort: 22))
            return (site, instance, forward)
        }
        let (instance, forward) = try await site.launchWithForward(by: site.anna)
        try await bring(instance, to: state, at: site)
        return (site, instance, forward)
    }

    /// Brings an instance that runs to another state.
    private func bring(_ instance: ID<InstanceKind>, to state: InstanceState, at site: Site) async throws {
        func perform(_ operation: some CloudOperation) async throws { _ = try await site.cloud.perform(operation) }
        switch state {
        case .pending, .running: break
        case .stopped: try await perform(ForceOffInstance(by: site.anna, instance: instance))
        case .suspended: try await perform(SuspendInstance(by: site.anna, instance: instance))
        case .destroyed: try await perform(DestroyInstance(by: site.anna, instance: instance))
        case .failed:
            try site.host.guests.crash(instance)
            let failure = CloudError(.internalFault, ["part": "QEMU"])
            try await perform(SettleInstance(instance, judgedAt: site.fence(of: instance), failure: failure))
        case .paused:
            // The row alone: what is asked here is what the table says.
            _ = try await site.cloud.world.store.write { tx in try tx.statuses.change(instance) { $0.state = .paused } }
        }
        #expect(try site.disk.read { try $0.statuses.get(instance).state } == state)
    }

    @Test(arguments: InstanceState.allCases) func everyVerbKeepsToItsStates(state: InstanceState) async throws {
        for verb in Verb.asked where verb.allowedStates != nil {
            let (site, instance, forward) = try await site(in: state)
            let operation = try #require(try operation(verb, of: instance, forward: forward, at: site), "\(verb)")
            let told = try #require(try await site.cloud.allowedVerbs(of: instance, for: site.anna).first { $0.verb == verb })
            let allowed = try #require(verb.allowedStates)
            // Rights come before states: a verb that a student may never do says so.
            let isHers = told.refusal?.code != .denied
            // It has no checkpoint and no data disk, and that is said as the verb says it.
            let hasNothing = [Verb.detachDisk, .dropCheckpoint, .returnToCheckpoint].contains(verb) && allowed.contains(state)
            // A public port leads to its only port.
            let isKept = verb == .detachPort && allowed.contains(state)
            #expect((told.refusal == nil) == (isHers && allowed.contains(state) && !hasNothing && !isKept), "\(verb) while \(state)")
            #expect(!isKept || told.refusal?.code == .portForwarded, "\(verb) while \(state)")
            #expect(!hasNothing || told.refusal?.code == .notFound, "\(verb) while \(state)")
            let before = try await site.snapshot(.history)
            let refusal = await self.refusal(of: operation, at: site)
            #expect(!hasNothing && !isKept || refusal?.code == told.refusal?.code, "\(verb) while \(state)")
            if told.refusal == nil {
                #expect(refusal == nil, "\(verb) while \(state)")
            } else if allowed.contains(state) || !isHers {
                #expect(refusal?.code != .stateForbids, "\(verb) while \(state)")
            } else {
                #expect(refusal == told.refusal && refusal?.code == .stateForbids, "\(verb) while \(state)")
                #expect(refusal?.parameters["allowed"] == allowed.map(\.rawValue).sorted().joined(separator: ", "))
                #expect(try await before.difference(to: site.snapshot(.history)) == [], "\(verb) while \(state)")
            }
        }
    }

    /// The console is opened without an operation, so that it waits for none, and what one may do now does not name it: whether it can be
    /// opened is a look at the state. It keeps to its states all the same.
    @Test(arguments: InstanceState.allCases) func theConsoleKeepsToItsStates(state: InstanceState) async throws {
        let (site, instance, _) = try await site(in: state)
        let allowed = try #require(Verb.console.allowedStates)
        for kind in ConsoleKind.allCases {
            let before = try await site.snapshot(.history)
            let refusal = await self.refusal { try await open(kind, of: instance, by: site.anna, at: site) }
            #expect(refusal == Verb.console.refusal(in: state, of: instance), "\(kind) while \(state)")
            #expect((refusal == nil) == allowed.contains(state))
            if refusal != nil { #expect(try await before.difference(to: site.snapshot(.history)) == []) }
            #expect(await self.refusal { try await open(kind, of: instance, by: site.bela, at: site) }?.code == .notFound)
        }
        // That somebody looked is told once for each that was opened.
        let looks = try await site.cloud.activities(of: instance, for: site.anna).filter { $0.code == Verb.console.rawValue }
        #expect(looks.count == (allowed.contains(state) ? ConsoleKind.allCases.count : 0))
    }

    private func open(_ kind: ConsoleKind, of instance: ID<InstanceKind>, by principal: Principal, at site: Site) async throws {
        try await site.cloud.openConsole(site.cloud.grantConsole(kind, of: instance, by: principal)).close()
    }

    /// The password is shown whatever the state, for it is the record's and no host is asked; that it was is one activity, and all.
    @Test(arguments: InstanceState.allCases) func thePasswordIsShownInEveryState(state: InstanceState) async throws {
        let (site, instance, _) = try await site(in: state)
        #expect(Verb.seePassword.refusal(in: state, of: instance) == nil)
        let before = try await site.snapshot(.state)
        let shown = try await site.cloud.password(of: instance, for: site.anna)
        let sealed = try site.disk.read { try $0.secrets.get(instance).sealedPassword }
        let password = try site.cloud.world.sealer.open(sealed)
        #expect(shown.account == "root" && shown.password.clear == password && !shown.isDoubtful)
        #expect(try await before.difference(to: site.snapshot(.state)) == [])
        let all = try await site.snapshot(.history)
        #expect(await refusal { _ = try await site.cloud.password(of: instance, for: site.bela) }?.code == .notFound)
        #expect(try await all.difference(to: site.snapshot(.history)) == [])
        let looks = try await site.cloud.activities(of: instance, for: site.anna).filter { $0.code == Verb.seePassword.rawValue }
        #expect(looks.count == 1)
    }

    /// Deleting a disk is about the disk, and its state is whether a machine has it: while one has, it stays, whatever the state of that;
    /// the disk that a machine boots from answers as one that is not there.
    @Test(arguments: InstanceState.allCases) func aDiskThatAMachineHasStays(state: InstanceState) async throws {
        let (site, instance, disk) = try await siteWithDisk(in: state)
        let boot = try #require(try site.disk.read { try $0.disks.all(.equals(.instance, .id(instance))) }.first { $0.owner == nil }?.id)
        func expectRefused(_ disk: ID<DiskKind>, _ refused: CloudError) async throws {
            let before = try await site.snapshot(.history)
            #expect(await refusal(of: DeleteDisk(by: site.anna, disk: disk), at: site) == refused)
            #expect(try await before.difference(to: site.snapshot(.history)) == [])
        }
        try await expectRefused(boot, CloudError(.notFound, ["object": boot.text]))
        guard let disk else { return }
        let isAttached = state != .destroyed
        if isAttached {
            let words = ["verb": "delete-disk", "state": "attached", "object": disk.text, "allowed": "detached"]
            try await expectRefused(disk, CloudError(.stateForbids, words))
            // Destroyed, a machine lets go of it.
            _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        }
        #expect(await refusal(of: DeleteDisk(by: site.anna, disk: disk), at: site) == nil)
        #expect(site.host.disks.snapshot().disks[disk] == nil)
        try await expectRefused(disk, CloudError(.notFound, ["object": disk.text]))
    }

    /// An instance in a state with a data disk; none for what was never started, which takes none.
    private func siteWithDisk(in state: InstanceState) async throws -> (Site, ID<InstanceKind>, ID<DiskKind>?) {
        guard state != .pending else {
            let (site, instance, _) = try await site(in: state)
            return (site, instance, nil)
        }
        let (site, instance, _) = try await site(in: .running)
        let disk = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: instance, disk: disk, size: .gibibytes(1)))
        try await bring(instance, to: state, at: site)
        return (site, instance, disk)
    }

    /// Where the host that holds it does not answer, nobody knows the state. What needs an answer is refused and leaves nothing; what is about
    /// the records alone is done; what is wanted whatever the host answers is done when it does.
    @Test(arguments: InstanceState.allCases.filter(\.holdsHost)) func everyVerbWhileTheStateIsUnknown(last: InstanceState) async throws {
        for verb in Verb.asked where verb.allowedStates != nil {
            let (site, instance, forward) = try await site(in: .running)
            if last == .paused { _ = try await site.cloud.perform(PauseInstance(by: site.anna, instance: instance)) }
            let operation = try #require(try operation(verb, of: instance, forward: forward, at: site), "\(verb)")
            let known = try #require(try await site.cloud.allowedVerbs(of: instance, for: site.anna).first { $0.verb == verb })
            site.stage.interference.set(Self.silence)
            site.clock.advance(by: site.cloud.world.settings.freshness + .seconds(1))
            guard case .unknown(last, _) = try await site.cloud.instance(instance, for: site.anna).shown else {
                Issue.record("it is known")
                return
            }
            let told = try #require(try await site.cloud.allowedVerbs(of: instance, for: site.anna).first { $0.verb == verb })
            let (before, run) = (try await site.snapshot(.state), RunID(site.cloud.world.ids.next(OperationKind.self).text))
            let refusal = await self.refusal(of: operation, as: run, at: site)
            let record = try site.disk.read { try $0.run(run) }
            let isStuck = record?.state == .stuck
            // What is wanted is not refused, and goes on when the host answers; so does one that can be undone only there.
            let isWanted = [.closeForwardedPort, .destroy, .forceOff].contains(verb) && known.refusal == nil
            #expect(!isWanted || isStuck, "\(verb) while unknown")
            #expect(refusal?.code == told.refusal?.code || isWanted || refusal?.code == known.refusal?.code, "\(verb): \(refusal as Any)")
            #expect(told.refusal == nil || refusal != nil, "\(verb) is done, and is told to be refused")
            if isStuck { #expect(refusal?.code == .hostUnreachable, "\(verb)") }
            site.stage.interference.set(nil)
            if isStuck { try await site.cloud.runner.recover() }
            if refusal != nil, !isWanted {
                #expect(try await before.difference(to: site.snapshot(.state)) == [], "\(verb) left something")
            }
            let row = try site.disk.read { try $0.statuses.get(instance) }
            let after: InstanceState = isWanted ? [.destroy: .destroyed, .forceOff: .stopped][verb] ?? last : last
            #expect(row.state == after && row.operation == nil, "\(verb)")
            let ended = try site.disk.read { try $0.run(run) }
            #expect(ended?.state.isTerminal != false, "\(verb)")
        }
    }

    /// The same for what is no operation of the instance's.
    @Test(arguments: InstanceState.allCases.filter(\.holdsHost)) func whatIsNoOperationWhileTheStateIsUnknown(last: InstanceState)
        async throws
    {
        let (site, instance, disk) = try await siteWithDisk(in: .running)
        let attached = try #require(disk)
        let loose = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: instance, disk: loose, size: .gibibytes(1)))
        _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: instance, disk: loose))
        if last == .paused { _ = try await site.cloud.perform(PauseInstance(by: site.anna, instance: instance)) }
        site.stage.interference.set(Self.silence)
        site.clock.advance(by: site.cloud.world.settings.freshness + .seconds(1))
        guard case .unknown(last, _) = try await site.cloud.instance(instance, for: site.anna).shown else {
            Issue.record("it is known")
            return
        }
        let before = try await site.snapshot(.state)
        for kind in ConsoleKind.allCases {
            let all = try await site.snapshot(.history)
            #expect(await refusal { try await open(kind, of: instance, by: site.anna, at: site) }?.code == .hostUnreachable)
            #expect(try await all.difference(to: site.snapshot(.history)) == [], "nobody looked")
        }
        #expect(await refusal { _ = try await site.cloud.password(of: instance, for: site.anna) } == nil)
        #expect(await refusal(of: DeleteDisk(by: site.anna, disk: attached), at: site)?.code == .stateForbids)
        #expect(await refusal(of: DeleteDisk(by: site.anna, disk: loose), at: site)?.code == .hostUnreachable)
        #expect(try await before.difference(to: site.snapshot(.state)) == [])
        site.stage.interference.set(nil)
        #expect(await refusal(of: DeleteDisk(by: site.anna, disk: loose), at: site) == nil)
        #expect(await refusal { try await open(.display, of: instance, by: site.anna, at: site) } == nil)
    }

    /// A host that answers nothing.
    private static var silence: Interference {
        let away = Interference.Hurdle(CloudError(.hostUnreachable, ["host": SimulatedSite.host.text])) { point in
            if case .call(_, _, .before) = point { true } else { false }
        }
        return Interference(hurdles: [away])
    }

    private func refusal(_ body: () async throws -> Void) async -> CloudError? {
        do { try await body() } catch let refusal as CloudError { return refusal } catch let refused as RunRefused {
            return CloudError(refused.failure)
        } catch let stuck as RunIsStuck { return CloudError(stuck.point.failure) } catch { Issue.record("\(error)") }
        return nil
    }

    private func refusal(of operation: some CloudOperation, as run: RunID, at site: Site) async -> CloudError? {
        await refusal { _ = try await site.cloud.runner.perform(operation, as: run) }
    }

    private func refusal(of operation: some CloudOperation, at site: Site) async -> CloudError? {
        do {
            _ = try await site.cloud.perform(operation)
            return nil
        } catch let refusal as CloudError { return refusal } catch let refused as RunRefused { return CloudError(refused.failure) } catch {
            Issue.record("\(type(of: operation).kind): \(error)")
            return nil
        }
    }

    /// While one verb is at work the others are told who; those that wait for nobody go through.
    @Test func whoIsAtWorkIsSaid() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        _ = try await HostWatch(cloud: site.cloud).pass()
        let instance = try await site.make("mine", by: site.anna)
        probe.set(Boundary(.beforeEffect, "power")) { run in
            let told = try await site.cloud.allowedVerbs(of: instance, for: site.anna)
            for allowed in told where allowed.refusal?.code != .denied {
                if allowed.verb.claims {
                    #expect(allowed.refusal == CloudError(.busy, ["object": instance.text, "operation": run.text]), "\(allowed.verb)")
                } else {
                    #expect(allowed.refusal?.code != .busy, "\(allowed.verb)")
                }
            }
            _ = try await site.cloud.perform(
                UpdateInstance(by: site.anna, instance: instance, change: .init(name: DisplayName("renamed"))))
        }
        #expect(try await site.cloud.perform(StartInstance(by: site.anna, instance: instance)).notReady == nil)
        #expect(try await site.cloud.instance(instance, for: site.anna).instance.name.text == "renamed")
    }

    /// What the rows refuse whatever is asked is said beforehand, and in the verb's own words.
    @Test func whatIsCertainToBeRefusedIsSaid() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        func told(_ verb: Verb) async throws -> CloudError? {
            try await site.cloud.allowedVerbs(of: instance, for: site.anna).first { $0.verb == verb }?.refusal
        }
        let kept = try await site.checkpoint(instance, "first", withMemory: true, by: site.anna)
        #expect(try await told(.returnToCheckpoint) == nil)
        let drop = await refusal(of: DropCheckpoint(by: site.anna, instance: instance, checkpoint: kept), at: site)
        #expect(try await told(.dropCheckpoint) == drop && drop?.code == .stateForbids)
        for number in 1..<Checkpoint.most { _ = try await site.checkpoint(instance, "\(number)", by: site.anna) }
        let full = try await refusal(of: site.checkpointing(instance, "one more", by: site.anna), at: site)
        #expect(try await told(.checkpoint) == full && full?.code == .checkpointsFull)
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        #expect(try await told(.dropCheckpoint) == nil)
        for rest in try site.disk.read({ try $0.checkpoints.all() }) where rest.id != kept {
            _ = try await site.cloud.perform(DropCheckpoint(by: site.anna, instance: instance, checkpoint: rest.id))
        }
        _ = try await site.cloud.perform(ResizeInstance(by: site.anna, instance: instance, cpus: nil, memory: .mebibytes(256)))
        let unfit = await refusal(
            of: ReturnToCheckpoint(by: site.anna, instance: instance, checkpoint: kept, disk: ID(bits: 8, 8)), at: site)
        #expect(try await told(.returnToCheckpoint) == unfit && unfit?.code == .checkpointUnfit)
        let port = try await site.cloud.instance(instance, for: site.anna).ports[0].port.id
        #expect(try await told(.detachPort) == nil)
        let forward = site.cloud.world.ids.next(ForwardedPortKind.self)
        _ = try await site.cloud.perform(OpenForwardedPort(by: site.anna, instance: instance, id: forward, targetPort: 22))
        let forwarded = await refusal(of: DetachPort(by: site.anna, instance: instance, port: port), at: site)
        #expect(try await told(.detachPort) == forwarded && forwarded?.code == .portForwarded)
        _ = try await site.cloud.perform(CloseForwardedPort(by: site.anna, instance: instance, forward: forward))
        _ = try await site.cloud.perform(DetachPort(by: site.anna, instance: instance, port: port))
        #expect(try await told(.detachPort)?.code == .notFound)
        #expect(try await told(.closeForwardedPort)?.code == .notFound)
        let opening = OpenForwardedPort(by: site.anna, instance: instance, id: forward, targetPort: 22)
        let cut = await refusal(of: opening, at: site)
        #expect(try await told(.openForwardedPort) == cut && cut == CloudError(.notFound, ["object": "\(instance)/ports"]))
        #expect(try await told(.detachPort) == cut)
        _ = try await HostWatch(cloud: site.cloud).pass()
        try site.withoutAgent()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        let mute = await refusal(of: InstallKeys(by: site.anna, instance: instance), at: site)
        #expect(try await told(.installKeys) == mute && mute?.code == .agentMissing)
        #expect(try await told(.setPassword) == mute)
    }

    /// While nobody knows what became of an instance, what needs its host's answer is not offered; what is wanted whatever it answers is.
    @Test func whereTheHostIsSilentOnlyWhatNeedsNoAnswerIsOffered() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await HostWatch(cloud: site.cloud).pass()
        let before = try await site.cloud.allowedVerbs(of: instance, for: site.anna)
        site.clock.advance(by: site.cloud.world.settings.freshness + .seconds(1))
        guard case .unknown = try await site.cloud.instance(instance, for: site.anna).shown else { Issue.record("it is known"); return }
        let host = try #require(try site.disk.read { try $0.statuses.get(instance).host })
        for (known, told) in zip(before, try await site.cloud.allowedVerbs(of: instance, for: site.anna)) {
            let needsNone = [Verb.closeForwardedPort, .destroy, .forceOff, .renew, .update].contains(told.verb)
            let silent = CloudError(.hostUnreachable, ["host": host.text])
            let isRefusedAnyway = known.refusal?.code == .denied || known.refusal?.code == .stateForbids
            #expect(told.refusal == (needsNone || isRefusedAnyway ? known.refusal : silent), "\(told.verb)")
        }
        _ = try await HostWatch(cloud: site.cloud).pass()
        #expect(try await site.cloud.allowedVerbs(of: instance, for: site.anna) == before)
    }

    /// What a stranger may do with it is what a stranger is told of anything that is not there.
    @Test func aForeignInstanceHasNoVerbs() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        for id in [instance, ID<InstanceKind>(bits: 7, 7)] {
            let refusal = await #expect(throws: CloudError.self) { _ = try await site.cloud.allowedVerbs(of: id, for: site.bela) }
            #expect(refusal == CloudError(.notFound, ["object": id.text]))
        }
    }
}
