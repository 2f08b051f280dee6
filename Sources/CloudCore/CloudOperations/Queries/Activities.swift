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
