// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudSimulation
public import CloudWorkflow
import Synchronization

/// A refusal that a check throws in place of the real work, with the name of the step in it.
public struct CheckRefusal: Refusal, Hashable {
    /// Where it was thrown.
    public let step: String
    /// A refusal at a step.
    public init(step: String) { self.step = step }
    /// `internal-fault` with the step as its part.
    public var failure: RunFailure { RunFailure(code: "internal-fault", parameters: ["part": step], detail: "thrown by a check") }
}

/// What stands in one manager's way: it may die at one point, be refused at some, lose answers at others. It writes down every point
/// that the manager reaches: the boundaries of its runs, and the calls that reach simulated parts.
///
/// A dead manager stays dead: every point that it still reaches throws ``CloudSimulation/ManagerDied``, so nothing of it lives on beside the
/// next one.
public final class Interference: BoundaryProbe {
    /// A point that a manager reaches.
    public enum Point: Hashable, Sendable, CustomStringConvertible {
        /// A boundary of a run.
        case boundary(Boundary, of: RunID)
        /// A call to a simulated part.
        case call(String, subject: String, EffectPhase)

        /// For reports: `afterEffect disk of op-1`, `after overlay.ensure disk-1`.
        public var description: String {
            switch self {
            case .boundary(let boundary, let run): "\(boundary.kind.rawValue) \(boundary.name) of \(run)"
            case .call(let call, let subject, let phase): "\(phase.rawValue) \(call) \(subject)"
            }
        }
    }

    /// Something that is thrown at points.
    public struct Hurdle: Sendable {
        /// Whether it stands at a point, by what was reached before.
        let fits: @Sendable (Point, [Point]) -> Bool
        let error: any Error
        var times: Int

        /// A hurdle at a point, so many times.
        public init(_ error: any Error, at point: Point, times: Int = 1) {
            fits = { here, _ in here == point }
            self.error = error
            self.times = times
        }

        /// A hurdle at every point that fits.
        public init(_ error: any Error, wherever fits: @escaping @Sendable (Point) -> Bool) {
            self.fits = { here, _ in fits(here) }
            self.error = error
            times = .max
        }

        /// A hurdle once, at a point that was reached so many times before. (Its number among all points would not do: parallel steps
        /// reach theirs in any order.)
        public init(_ error: any Error, at point: Point, reachedBefore count: Int) {
            fits = { here, before in here == point && before.count(where: { $0 == point }) == count }
            self.error = error
            times = 1
        }
    }

    /// What is done at a boundary beside it, while the run stands there: a request to cancel, another manager that takes over.
    public typealias Deed = @Sendable () async throws -> Void

    private struct State {
        var points: [Point] = []
        var deed: (place: Point, act: Deed)?
        var declared: [RunID: [StepDeclaration]] = [:]
        var hurdles: [Hurdle]
        var isDead = false
    }
    private let state: Mutex<State>
    private let death: Int?

    /// Interference with one manager.
    /// - Parameters:
    ///   - death: the number of points that it survives; nil: all.
    ///   - hurdles: what is thrown at points, the first that fits.
    public init(death: Int? = nil, hurdles: [Hurdle] = []) {
        self.death = death
        state = Mutex(State(hurdles: hurdles))
    }

    /// The points in the order in which they were reached.
    public var points: [Point] { state.withLock { $0.points } }
    /// What a run said of its steps, in the order of saying.
    public func declared(by run: RunID) -> [StepDeclaration] { state.withLock { $0.declared[run] ?? [] } }
    /// Whether the manager died.
    public var isDead: Bool { state.withLock { $0.isDead } }

    /// From now on a deed is done when a run comes to a point, once; a point that is a call to a part is never one.
    public func `do`(at place: Point, _ act: @escaping Deed) { state.withLock { $0.deed = (place, act) } }

    /// A run is at a boundary.
    public func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
        let here = Point.boundary(boundary, of: run)
        try reached(here)
        let act = state.withLock { state -> Deed? in
            guard let deed = state.deed, deed.place == here else { return nil }
            state.deed = nil
            return deed.act
        }
        try await act?()
    }

    /// A run says of a step whether there is a way back.
    public func declared(_ step: StepDeclaration, of run: RunID, kind: String) {
        state.withLock { $0.declared[run, default: []].append(step) }
    }

    /// A call reaches a simulated part: give it to the part as its ``CloudModel/FaultHook``.
    public func call(_ call: String, _ subject: String, _ phase: EffectPhase) throws { try reached(.call(call, subject: subject, phase)) }

    private func reached(_ point: Point) throws {
        try state.withLock { state in
            guard !state.isDead else { throw ManagerDied() }
            let before = state.points.count
            let hurdle = state.hurdles.firstIndex { $0.times > 0 && $0.fits(point, state.points) }
            state.points.append(point)
            if let death, before >= death {
                state.isDead = true
                throw ManagerDied()
            }
            guard let index = hurdle else { return }
            state.hurdles[index].times -= 1
            throw state.hurdles[index].error
        }
    }
}

extension Interference {
    /// The interference with whoever is manager now: parts that outlive managers are given ``call(_:_:_:)`` as their ``CloudModel/FaultHook``.
    public final class Slot: Sendable {
        private let current = Mutex<Interference?>(nil)
        /// Nobody interferes yet.
        public init() {}
        /// From now on calls are a new manager's.
        public func set(_ interference: Interference?) { current.withLock { $0 = interference } }
        /// As ``Interference/call(_:_:_:)``.
        public func call(_ call: String, _ subject: String, _ phase: EffectPhase) async throws {
            try current.withLock { $0 }?.call(call, subject, phase)
        }
    }
}
