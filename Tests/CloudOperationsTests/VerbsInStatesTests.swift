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
        return switch verb {
        case .attachDisk: AttachDisk(by: anna, instance: instance, disk: ID(bits: 8, 8), size: .gibibytes(1))
        case .detachDisk: DetachDisk(by: anna, instance: instance, disk: ID(bits: 8, 8))
        case .growDisk: GrowDisk(by: anna, instance: instance, disk: ID(bits: 8, 8), size: .gibibytes(1))
        case .rebuild: RebuildInstance(by: anna, instance: instance, disk: ID(bits: 8, 8))
        case .resize: ResizeInstance(by: anna, instance: instance, cpus: nil, memory: .mebibytes(256), restart: ID(bits: 8, 8))
        case .saveAsTemplate:
            SaveAsTemplate(
                by: anna, instance: instance, template: ID(bits: 8, 8), name: try DisplayName("saved"), image: ID(bits: 8, 8))
        case .attachPort: AttachPort(by: anna, instance: instance, port: ID(bits: 8, 8), network: SimulatedSite.network)
        case .detachPort: DetachPort(by: anna, instance: instance, port: ID(bits: 8, 8))
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
        case .collect, .console, .create, .createTemplate, .deleteDisk, .importImage, .publishRevision, .retireRevision, .see, .seePassword,
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
        return (site, instance, forward)
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
            #expect(!hasNothing || refusal?.code == told.refusal?.code, "\(verb) while \(state)")
            if told.refusal == nil {
                // What disk is meant is only said with the verb, and none has this id.
                #expect(refusal?.code == (verb == .growDisk ? .notFound : nil), "\(verb) while \(state)")
            } else if allowed.contains(state) || !isHers {
                #expect(refusal?.code != .stateForbids, "\(verb) while \(state)")
            } else {
                #expect(refusal == told.refusal && refusal?.code == .stateForbids, "\(verb) while \(state)")
                #expect(refusal?.parameters["allowed"] == allowed.map(\.rawValue).sorted().joined(separator: ", "))
                #expect(try await before.difference(to: site.snapshot(.history)) == [], "\(verb) while \(state)")
            }
        }
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
