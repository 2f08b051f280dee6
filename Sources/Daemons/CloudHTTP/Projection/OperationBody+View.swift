// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import CloudStore
import CloudWorkflow
import Foundation

extension OperationBody {
    /// The body of an operation with its steps.
    init(_ view: OperationView, in language: Language) {
        self.init(view.run, view.activity, in: language)
        steps = view.entries.map { StepBody(name: $0.name, kind: $0.kind.rawValue) }
        children = view.children.compactMap { ID($0.id.text) }
        objects.removeAll { view.unseen.contains($0) }
        members?.removeAll { view.unseen.contains($0.object) }
        if view.hostIsSilent, waitingFor == nil { waitingFor = Self.answer }
    }

    /// The body of an operation's row, without its steps, with the times of its activity.
    init(_ run: RunRecord, _ activity: Activity?, in language: Language) {
        let id = ID<OperationKind>(run.id.text) ?? ID(bits: 0, 0)
        self.init(id: id, verb: run.kind, object: run.object, principal: ID(run.actor), state: run.state.rawValue)
        parent = run.parent.flatMap { ID($0.text) }
        ended = run.state.isTerminal
        percent = run.state == .done ? 100 : run.percent
        waitingFor = run.waitingFor ?? Self.wanted(run)
        cancelRequested = run.cancelRequested
        outcome = Self.outcome(of: run)
        failure = run.failure.map { Problem(CloudError($0), in: language, operation: run.id.text) }
        stuck = run.stuck.map { point in
            StuckBody(
                step: point.step, undoing: point.undoing, attempts: point.attempts,
                problem: Problem(CloudError(point.failure), in: language, operation: run.id.text))
        }
        startedAt = activity.map { APITime($0.startedAt) }
        // The change that an activity is about may be made before the operation has ended: a create is, in its first transaction.
        if ended { endedAt = activity?.endedAt.map(APITime.init) }
        // What runs but was not ready in time has succeeded; its activity says what was missed.
        if failure == nil, let missed = activity?.outcome { failure = Problem(missed, in: language, operation: run.id.text) }
        objects = [run.object]
        let output = Data((run.output ?? "").utf8)
        switch run.kind {
        case AttachDisk.kind, AttachPort.kind, CheckpointInstance.kind:
            objects = Self.read(String.self, output).map { [run.object, $0] } ?? objects
        case SaveAsTemplate.kind:
            objects = Self.read(SaveAsTemplate.Output.self, output).map { [$0.template.text, $0.image.text] } ?? objects
        case CreateInstances.kind: objects = Self.read([String].self, output) ?? objects
        case RebootInstance.kind, ResetInstance.kind, StartInstance.kind, WakeInstance.kind:
            readyMilliseconds = Self.read(StartInstance.Output.self, output)?.readyMilliseconds
        case RecoverInstance.kind:
            recovered = Self.read(RecoverInstance.Output.self, output).map { RecoveredBody($0, in: language) }
        case RenewInstances.kind:
            guard let done = Self.read([RenewInstances.Member].self, output) else { break }
            objects = done.filter { $0.dates != nil }.map(\.instance.text)
            members = done.map { member in
                MemberBody(
                    object: member.instance.text, lease: LeaseBody(member.policy, member.dates),
                    failure: member.refusal.map { Problem($0, in: language, operation: run.id.text) })
            }
        default: break
        }
    }

    /// Force off and destroy are wanted of a host that does not answer, and done when it does
    /// (Documentation/decisions/0007-what-is-wanted-is-done.md).
    private static func wanted(_ run: RunRecord) -> String? {
        guard run.state == .stuck, run.stuck?.failure.code == ErrorCode.hostUnreachable.rawValue,
            [DestroyInstance.kind, ForceOffInstance.kind].contains(run.kind)
        else { return nil }
        return answer
    }

    /// What is waited for of a host that does not answer.
    private static let answer = "the host to answer"

    private static func outcome(of run: RunRecord) -> String? {
        switch run.state {
        case .done: "done"
        case .undone: run.failure?.code == ErrorCode.cancelled.rawValue ? "cancelled" : "failed"
        case .superseded: "superseded"
        case .queued, .running, .waiting, .unwinding, .stuck: nil
        }
    }

    /// A run's output; nil until it has one.
    private static func read<Value: Decodable>(_ type: Value.Type, _ output: Data) -> Value? {
        do { return try JSONDecoder().decode(type, from: output) } catch { return nil }
    }
}

extension RecoveredBody {
    /// The body of a recovery's result.
    init(_ output: RecoverInstance.Output, in language: Language) {
        let lost = output.lostPorts.map {
            LostPortBody(network: $0.network, address: $0.address.description, hostname: $0.label.text)
        }
        self.init(
            name: output.name?.text, hostname: output.hostname?.text, address: output.address?.description,
            lostPorts: lost.isEmpty ? nil : lost, detachedDisks: output.detachedDisks.isEmpty ? nil : output.detachedDisks,
            lostMemory: output.lostMemory,
            lostPublicPorts: output.lostPublicPorts?.map {
                LostPublicPortBody(publicPort: $0.publicPort, protocol: $0.transport.rawValue, targetPort: $0.targetPort)
            }, in: language)
    }
}

extension LeaseBody {
    /// The body of a promise that was made; nil where none was.
    init?(_ policy: ID<LeasePolicyKind>?, _ dates: LeaseDates?) {
        guard let policy, let dates else { return nil }
        self.init(policy: policy, suspendAt: dates.suspendAt.map(APITime.init), destroyAt: dates.destroyAt.map(APITime.init))
    }
}
