// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

extension Cloud {
    /// The activities of runs, by run; a run without one is left out. For runs that the caller was given for a principal: who may see a
    /// run may see its activity.
    public func activities(of runs: [RunRecord]) async throws -> [RunID: Activity] {
        try await world.store.read { view in
            var found: [RunID: Activity] = [:]
            for run in runs {
                guard let id = ID<OperationKind>(run.id.text) else { continue }
                found[run.id] = try view.activities.find(key: "\(ActivityKind.prefix)-\(id.body)")
            }
            return found
        }
    }
}

/// A place in a list of activities: behind one of them, whether that is kept or not.
public struct ActivityPlace: Hashable, Sendable, LosslessStringConvertible {
    let startedAt: Timestamp
    let id: String

    init(_ activity: Activity) {
        startedAt = activity.startedAt
        id = activity.id.text
    }

    /// Reads what ``description`` says; nil for any other text.
    public init?(_ description: String) {
        let parts = description.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let milliseconds = Int64(parts[0]) else { return nil }
        startedAt = Timestamp(milliseconds: milliseconds)
        id = String(parts[1])
    }

    /// The place as a text, for the cursor of a page.
    public var description: String { "\(startedAt.milliseconds) \(id)" }
}
