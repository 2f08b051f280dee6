// SPDX-License-Identifier: Apache-2.0

/// The columns of the tables that hold no record.
enum Schema {
    /// The columns of a run's row, spelled as ``CloudWorkflow/RunRecord``'s properties. `number`, the order of recording, is the
    /// table's own.
    static let runColumns = [
        "id", "kind", "version", "input", "actor", "object", "parent", "state", "waitingFor", "percent", "cancelRequested", "failure",
        "stuck", "output",
    ]

    /// The columns of a journal's line, spelled as ``CloudWorkflow/JournalEntry``'s properties.
    static let entryColumns = ["kind", "name", "output"]

    /// The columns of an event, spelled as ``CloudStore/NewEvent``'s properties.
    static let eventColumns = ["code", "object", "operation", "at"]
}
