// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

extension Cloud {
    /// The activities of runs, by run; a run without one that can be read is left out. For runs that the caller was given for a principal: who may see a
    /// run may see its activity.
    public func activities(of runs: [RunRecord]) async throws -> [RunID: Activity] {
        try await world.store.read { view in
            var found: [RunID: Activity] = [:]
            for run in runs {
                guard let id = ID<OperationKind>(run.id.text) else { continue }
                let key = "\(ActivityKind.prefix)-\(id.body)"
                do { found[run.id] = try view.activities.find(key: key) } catch let error as CloudError where error.isUnreadableRow {}
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

extension StoreView {
    /// What was done and seen of an object, newest first, a page of it.
    func activityPage(of object: String, after place: ActivityPlace?, limit: Int) throws -> Page<Activity> {
        var conditions: [Condition<Activity>] = [.equals(.object, .text(object))]
        if let place {
            // Earlier, or of the same millisecond and smaller by its id: many have one moment.
            let moment = place.startedAt.milliseconds
            conditions.append(.below(.startedAt, .integer(moment + 1)))
            conditions.append(.any([.below(.startedAt, .integer(moment)), .below(.id, .text(place.id))]))
        }
        let found = try readable(Query(conditions: conditions, order: .startedAt, descending: true, limit: limit + 1))
        let page = Array(found.rows.prefix(limit))
        if page.isEmpty, let unread = found.unread.values.first { throw unread }
        let isLast = found.rows.count + found.unread.count <= limit
        return Page(elements: page, next: isLast ? nil : page.last.map { ActivityPlace($0).description })
    }
}
