// SPDX-License-Identifier: Apache-2.0

public import CloudSimulation
public import CloudWorkflow

/// One operation about to be asked for, in a world of its own that outlives managers.
public struct OperationTrial<Operation: JournaledOperation>: Sendable {
    /// What one manager sees of the world.
    public struct Manager: Sendable {
        let store: any JournalingStore<Operation.Transaction>
        let world: Operation.World

        /// A manager's store and world.
        public init(store: any JournalingStore<Operation.Transaction>, world: Operation.World) {
            self.store = store
            self.world = world
        }
    }

    let operation: Operation
    let run: RunID
    let clock: any Clock<Duration>
    let sealer: (any Sealer)?
    let manager: @Sendable (Interference) async throws -> Manager
    let snapshot: @Sendable (WorldSnapshot.Lens) async throws -> WorldSnapshot

    /// A trial.
    /// - Parameters:
    ///   - operation: what is asked for; the world is such that it succeeds.
    ///   - run: the id of its run, the same in every trial of a case.
    ///   - clock: for waiting; its sleeps take no real time.
    ///   - sealer: for secrets in journals.
    ///   - manager: a new manager over what the world holds. What an earlier one opened must be dead from then on, and simulated parts
    ///     ask the new interference.
    ///   - snapshot: all rows and all that simulated parts hold.
    public init(
        _ operation: Operation, as run: RunID, clock: any Clock<Duration>, sealer: (any Sealer)? = nil,
        manager: @escaping @Sendable (Interference) async throws -> Manager,
        snapshot: @escaping @Sendable (WorldSnapshot.Lens) async throws -> WorldSnapshot
    ) {
        self.operation = operation
        self.run = run
        self.clock = clock
        self.sealer = sealer
        self.manager = manager
        self.snapshot = snapshot
    }
}

/// How one manager's life with a run ended.
enum Life: Sendable {
    /// It died.
    case died
    /// The first commit was refused: there is no run.
    case refusedAtOnce(RunFailure)
    /// The run stands so, and nothing more can be done now.
    case stands(RunRecord)
}

extension OperationTrial {
    /// One manager's life: it asks for the operation if there is no run of it yet, takes everything unfinished up, and tells how the run
    /// stands then. Whatever is thrown by the operation that is neither its refusal nor the manager's death is thrown.
    func live(_ interference: Interference, knowing kinds: OperationKinds<Operation.Transaction, Operation.World>) async throws -> Life {
        do {
            let manager = try await manager(interference)
            let runner = runner(of: manager, interference, kinds)
            if try await manager.store.journal(of: run) == nil {
                do { _ = try await runner.perform(operation, as: run) } catch is RunRefused {} catch is RunIsStuck {
                } catch let refusal as any Refusal { return .refusedAtOnce(refusal.failure) }
                for child in try await manager.store.unfinishedRuns() where child.id != run && child.state == .queued {
                    try await runner.recover()
                    break
                }
            } else {
                try await runner.recover()
            }
            guard let record = try await manager.store.journal(of: run)?.run else { throw RunLost() }
            return .stands(record)
        } catch is ManagerDied { return .died }
    }

    /// As ``live(_:knowing:)``, and at a boundary of the run it is asked to stop.
    func live(cancelledAt boundary: Boundary, knowing kinds: OperationKinds<Operation.Transaction, Operation.World>) async throws -> Life {
        let (interference, trial) = (Interference(), self)
        let asking = OperationTrial(
            operation, as: run, clock: clock, sealer: sealer,
            manager: { interference in
                let manager = try await trial.manager(interference)
                interference.do(at: .boundary(boundary, of: trial.run)) {
                    try await trial.runner(of: manager, interference, kinds).cancel(trial.run)
                }
                return manager
            }, snapshot: snapshot)
        return try await asking.live(interference, knowing: kinds)
    }

    /// One manager's life in which, at a boundary of the run, another manager comes, takes everything up and ends it; then the first,
    /// which knows nothing of that, goes on. Gives how the run stands, and what ended the first one's work.
    func live(takenOverAt boundary: Boundary, knowing kinds: OperationKinds<Operation.Transaction, Operation.World>) async throws
        -> (run: RunRecord, error: (any Error)?)
    {
        let interference = Interference()
        let old = try await manager(interference)
        interference.do(at: .boundary(boundary, of: run)) { _ = try await live(Interference(), knowing: kinds) }
        var ended: (any Error)?
        do { _ = try await runner(of: old, interference, kinds).perform(operation, as: run) } catch { ended = error }
        // What the first one left, a third finds; it has nothing to do but the children.
        guard case .stands(let record) = try await live(Interference(), knowing: kinds) else { throw RunLost() }
        return (record, ended)
    }

    private func runner(
        of manager: Manager, _ interference: Interference, _ kinds: OperationKinds<Operation.Transaction, Operation.World>
    ) -> Runner<Operation.Transaction, Operation.World> {
        Runner(.init(store: manager.store, world: manager.world, clock: clock, sealer: sealer, probe: interference), kinds: kinds)
    }
}

/// A run that was begun is no longer in the store.
struct RunLost: Error {}
