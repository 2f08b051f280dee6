// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudSimulation
import CloudStore
import CloudWorkflow

extension OperationCheck {
    func repeatable() async throws { try await expectEnd(try await fresh(), "an uninterrupted run") }

    func declared() async throws {
        for step in plan.declared {
            guard let reason = step.irreversible else { continue }
            try expect(reason.split(separator: " ").count > 1, "\(step.name) is irreversible because of \"\(reason)\": that says nothing")
        }
    }

    // MARK: Crashes

    func crashes() async throws {
        for (death, point) in plan.points.enumerated() {
            let trial = try await fresh()
            try await die(trial, Interference(death: death), "at \(point)")
            try await expectEnd(trial, "died at \(point)")
        }
    }

    /// All pairs of points, or as many as the budget allows, spread evenly: each first death is met with other second ones.
    func crashesTwice() async throws {
        let pairs = plan.points.count * (plan.points.count + 3) / 2
        let stride = pairs <= checks.pairs ? 1 : pairs / checks.pairs + 1
        for (death, point) in plan.points.enumerated() {
            for second in Swift.stride(from: death % stride, to: .max, by: stride) {
                let trial = try await fresh()
                try await die(trial, Interference(death: death), "at \(point)")
                let next = Interference(death: second)
                guard case .died = try await live(trial, next) else { break }
                try await expectEnd(trial, "died at \(point), and again at \(next.points.last.map { "\($0)" } ?? "")")
            }
        }
    }

    private func die(_ trial: OperationTrial<Operation>, _ interference: Interference, _ place: String) async throws {
        let life = try await live(trial, interference)
        guard case .died = life else { throw violation("the run did not come \(place) again: it is not repeatable; \(life)") }
    }

    // MARK: Refusals

    func refusals() async throws {
        for (boundary, hasWayBack) in plan.borders {
            let trial = try await fresh()
            let refusal = CheckRefusal(step: boundary.name)
            let life = try await live(trial, Interference(hurdles: [hurdle(refusal, at: boundary)]))
            switch life {
            case .refusedAtOnce(let failure):
                try expect(failure == refusal.failure, "\(boundary.name) was refused, the answer was \(failure)")
                try await expectEqual(trial, .history, plan.untouched, "\(boundary.name) refused, so there is no run")
            case .stands(let run) where run.state == .undone:
                try expect(hasWayBack, "\(boundary.name) lies behind what cannot be taken back, and yet the run was undone")
                try expect(
                    run.failure == refusal.failure, "\(boundary.name) was refused, the run tells of \(String(describing: run.failure))")
                try await expectEqual(trial, .state, plan.before, "\(boundary.name) refused")
            case .stands(let run) where run.state == .stuck && !hasWayBack:
                try expect(run.stuck?.step == boundary.name && run.stuck?.undoing == false, "stuck at \(String(describing: run.stuck))")
                try await expectEnd(trial, "\(boundary.name) refused once, behind what cannot be taken back")
            default: throw violation("\(boundary.name) was refused: \(life)")
            }
        }
    }

    func crashesWhileUndoing() async throws {
        for boundary in refusable {
            let refused = hurdle(CheckRefusal(step: boundary.name), at: boundary, times: .max)
            let points = try await unwinding(refused)
            for death in points.indices.drop(while: { points[$0] != .boundary(boundary, of: plan.run) }).dropFirst() {
                let trial = try await fresh()
                let story = "\(boundary.name) refused, died at \(points[death])"
                try await die(trial, Interference(death: death, hurdles: [refused]), "to \(points[death])")
                try await expectUndone(trial, facing: [refused], story)
            }
        }
    }

    func refusedUndos() async throws {
        guard let boundary = refusable.last else { return }
        let refused = hurdle(CheckRefusal(step: boundary.name), at: boundary, times: .max)
        for case .boundary(let undo, of: plan.run) in try await unwinding(refused) {
            let hurdle: Interference.Hurdle
            switch undo.kind {
            case .beforeUndo: hurdle = self.hurdle(CheckRefusal(step: undo.name), at: undo)
            case .afterUndo: hurdle = self.hurdle(OutcomeUnknown("lost by a check"), at: undo)
            default: continue
            }
            let trial = try await fresh()
            let life = try await live(trial, Interference(hurdles: [refused, hurdle]))
            guard case .stands(let run) = life, let point = run.stuck, point.undoing, point.step == undo.name else {
                throw violation("\(undo.kind.rawValue) \(undo.name) failed: not stuck there but \(life)")
            }
            try await expectUndone(trial, facing: [refused], "\(undo.kind.rawValue) \(undo.name) failed once")
        }
    }

    /// The borders at which a refusal leads back over at least one undo.
    private var refusable: [Boundary] { plan.borders.dropFirst().filter(\.hasWayBack).map(\.boundary) }

    /// The points of a run that is refused and undone.
    private func unwinding(_ refused: Interference.Hurdle) async throws -> [Interference.Point] {
        let interference = Interference(hurdles: [refused])
        let trial = try await fresh()
        guard case .stands(let run) = try await live(trial, interference), run.state == .undone else {
            throw violation("a refused run is not undone")
        }
        return interference.points
    }

    // MARK: Lost answers

    func lostAnswers() async throws {
        let lost = OutcomeUnknown("lost by a check")
        for (index, point) in plan.points.enumerated() where point.losesAnswer {
            let once = try await fresh()
            let earlier = plan.points[..<index].count { $0 == point }
            try await expectEnd(
                once, facing: [Interference.Hurdle(lost, at: point, reachedBefore: earlier)], "lost the answer at \(point)")
            let often = try await fresh()
            _ = try await live(often, Interference(hurdles: [Interference.Hurdle(lost, at: point, times: 3)]))
            try await expectEnd(often, "lost the answer at \(point) three times")
        }
    }

    // MARK: Others

    func cancellations() async throws {
        var undone = 0
        for boundary in plan.boundaries {
            let trial = try await fresh()
            let story = "cancelled at \(boundary.kind.rawValue) \(boundary.name)"
            let life = try await trial.live(cancelledAt: boundary, knowing: checks.kinds)
            guard case .stands(let run) = life else { throw violation("\(story): \(life)") }
            switch run.state {
            case .done: try await expectEqual(trial, .state, plan.end, "\(story), yet done")
            case .undone:
                undone += 1
                try expect(run.failure?.code == "cancelled", "\(story), the run tells of \(String(describing: run.failure))")
                try await expectEqual(trial, .state, plan.before, story)
            default: throw violation("\(story): the run is \(run.state.rawValue), \(run.stuck.map { "\($0)" } ?? "")")
            }
        }
        // A request is heard with the next journal line and obeyed at the border behind it.
        try expect(undone > 0 || plan.borders.filter(\.hasWayBack).count < 3, "whenever it was cancelled, it was done all the same")
    }

    func takeovers() async throws {
        for boundary in plan.boundaries {
            let trial = try await fresh()
            let story = "taken over at \(boundary.kind.rawValue) \(boundary.name)"
            let (run, error) = try await trial.live(takenOverAt: boundary, knowing: checks.kinds)
            try expect(run.state == .done, "\(story): the run is \(run.state.rawValue), \(String(describing: error))")
            try await expectEqual(trial, .history, plan.after, story)
        }
    }

    private func hurdle(_ error: any Error, at boundary: Boundary, times: Int = 1) -> Interference.Hurdle {
        Interference.Hurdle(error, at: .boundary(boundary, of: plan.run), times: times)
    }
}

extension Interference.Point {
    /// Whether an answer can be lost here: after an effect.
    var losesAnswer: Bool {
        switch self {
        case .boundary(let boundary, _): boundary.kind == .afterEffect
        case .call(_, _, let phase): phase == .after
        }
    }
}
