// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudStore
public import CloudWorkflow
import Foundation

extension Cloud {
    /// One operation: for who began it, for who may see what it is about, and for site operators.
    public func operation(_ id: ID<OperationKind>, for principal: Principal) async throws -> OperationView {
        let (now, looks, freshness) = (world.clock.now(), world.looks, world.settings.freshness)
        return try await world.store.read { view in
            let missing = CloudError(.notFound, ["object": id.text])
            guard let run = try view.run(RunID(id.text)) else { throw missing }
            let isTheirs = run.actor == principal.user.text
            guard try isTheirs || view.maySee(run.object, principal, at: now) else { throw missing }
            let unseen = try isTheirs ? [] : run.set.filter { try !view.maySee($0, principal, at: now) }
            return OperationView(
                run: run, entries: try view.entries(of: run.id), children: try view.children(of: run.id),
                activity: try view.activities.find(key: "\(ActivityKind.prefix)-\(id.body)"), unseen: Set(unseen),
                hostIsSilent: try view.hostAtWork(for: run).map { looks.isSilent($0, freshness: freshness) } ?? false)
        }
    }

    /// The operations that the principal began, newest first; where a state is given those that are in it, for site operators everybody's
    /// and the cloud's own.
    public func operations(
        for principal: Principal, in state: RunState? = nil, before: ID<OperationKind>? = nil, limit: Int = 100
    ) async throws -> [RunRecord] {
        let actor = state != nil && principal.holds(.operateHosts) ? nil : principal.user.text
        return try await world.store.read { view in
            try view.runs(
                actor: actor, object: nil, state: state, before: before.map { RunID($0.text) }, limit: min(limit, Self.pageLimit))
        }
    }

    /// An operation, once it has ended or the limit has passed.
    public func wait(for id: ID<OperationKind>, limit: Duration, by principal: Principal) async throws -> OperationView {
        var waited = Duration.zero
        while true {
            let view = try await operation(id, for: principal)
            if view.run.state.isTerminal || waited >= limit { return view }
            let pause = Duration.milliseconds(50)
            // Whoever need not wait any longer, for the asker has gone or the manager ends, has the answer of this moment.
            do { try await clock.sleep(for: pause) } catch is CancellationError { return view }
            waited += pause
        }
    }

    /// The events after a number that the principal may see, oldest first, and the number up to which was looked. Numbers may have
    /// holes. Throws `events-gone` where some after the number are no longer kept, or the
    /// number is newer than the newest: then the records are of another past, and whoever asks has to read them again.
    public func events(after number: Int64, limit: Int, for principal: Principal) async throws -> (events: [StoredEvent], upTo: Int64) {
        let now = world.clock.now()
        return try await world.store.read { view in
            if let range = try view.eventRange(), number > 0, number < range.lowerBound - 1 || number > range.upperBound {
                throw CloudError(.eventsGone, ["oldest": String(range.lowerBound), "newest": String(range.upperBound)])
            }
            let found = try view.events(after: number, limit: min(limit, Self.pageLimit))
            var seen: [String: Bool] = [:]
            let visible = try found.filter { event in
                let object = event.event.object
                let may = try seen[object] ?? view.maySee(object, principal, at: now)
                seen[object] = may
                return may
            }
            return (visible, found.last?.number ?? number)
        }
    }
}

extension StoreView {
    /// The host on which a run is at work for its instance: one that hangs answers no call, and until the call's own limit has passed, which may
    /// be minutes, the run itself does not know. Nil for none, also where a row cannot be read: nobody is blamed by what nobody can read.
    fileprivate func hostAtWork(for run: RunRecord) throws -> ID<HostKind>? {
        guard [.running, .unwinding].contains(run.state), let instance = ID<InstanceKind>(run.object) else { return nil }
        do {
            guard let status = try statuses.find(instance), status.operation?.text == run.id.text else { return nil }
            return status.host
        } catch let error as CloudError where error.isUnreadableRow { return nil }
    }
}

extension RunRecord {
    /// The objects of a verb over a set, as its output names them; empty for verbs of one object, and until there is an output.
    var set: [String] {
        let output = Data((output ?? "").utf8)
        // An output that is not one names nothing, here as in the answer.
        do {
            switch kind {
            case CreateInstances.kind: return try JSONDecoder().decode([String].self, from: output)
            case RenewInstances.kind: return try JSONDecoder().decode([RenewInstances.Member].self, from: output).map(\.instance.text)
            default: return []
            }
        } catch { return [] }
    }
}
