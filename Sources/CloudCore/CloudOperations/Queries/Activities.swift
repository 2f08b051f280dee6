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

    init(_ activity: Activity) { (startedAt, id) = (activity.startedAt, activity.id.text) }
    fileprivate init(_ outline: ActivityOutline) { (startedAt, id) = (outline.startedAt, outline.id) }

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

extension Query {
    /// What is of an object, newest first, behind a place: by the columns that say so.
    fileprivate static func newest(
        of name: String, after place: ActivityPlace?, limit: Int, _ object: Record.Column, _ startedAt: Record.Column, _ id: Record.Column
    ) -> Query {
        var conditions: [Condition<Record>] = [.equals(object, .text(name))]
        if let place {
            // Earlier, or of the same millisecond and smaller by its id: many have one moment.
            let moment = place.startedAt.milliseconds
            conditions.append(.below(startedAt, .integer(moment + 1)))
            conditions.append(.any([.below(startedAt, .integer(moment)), .below(id, .text(place.id))]))
        }
        return Query(conditions: conditions, order: startedAt, descending: true, limit: limit)
    }
}

extension StoreView {
    /// What was done and seen of an object, newest first, a page of it. One that cannot be read is left out.
    func activityPage(of object: String, after place: ActivityPlace?, limit: Int) throws -> Page<Activity> {
        try readingOn(after: place?.description) { cursor in
            let cursor = cursor.flatMap { ActivityPlace($0) }
            let newest: Query<Activity> = .newest(of: object, after: cursor, limit: limit + 1, .object, .startedAt, .id)
            do {
                let found = try list(Activity.self, newest)
                let next = found.count > limit ? ActivityPlace(found[limit - 1]).description : nil
                return (Page(elements: Array(found.prefix(limit)), next: next), nil)
            } catch let error as CloudError where error.isUnreadableRow {
                let outlines: Query<ActivityOutline> = .newest(of: object, after: cursor, limit: limit + 1, .object, .startedAt, .id)
                let found = try list(ActivityOutline.self, outlines)
                let page = found.prefix(limit)
                let rows = try readable(Query<Activity>(.isIn(.id, page.map { .text($0.id) }))).rows
                let byID = Dictionary(rows.map { ($0.id.text, $0) }, uniquingKeysWith: { first, _ in first })
                let next = found.count > limit ? page.last.map { ActivityPlace($0).description } : nil
                return (Page(elements: page.compactMap { byID[$0.id] }, next: next), error)
            }
        }
    }
}

/// As much of an activity as says where it stands in its list, whatever the rest of it is.
private struct ActivityOutline: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, object, startedAt }
    typealias CodingKeys = Column
    static var table: String { Activity.table }
    var id: String
    var version: Int64
    var object: String
    var startedAt: Timestamp
    var key: String { id }
}
