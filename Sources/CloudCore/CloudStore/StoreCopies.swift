// SPDX-License-Identifier: Apache-2.0

// Copies of a store: made while it works, judged and made ready while nobody has them open.

/// A store that can be copied while it goes on working.
public protocol StoreBackup: Sendable {
    /// Copies the store as it is at this moment into a new file, which is whole or not there.
    ///
    /// Throws `CloudError(.storeUnavailable)` where there is such a file already or it cannot be written; then no file is left, and it
    /// may be asked for again.
    func backup(to path: String) async throws
}

/// Judges copies of a store, and makes a store of one again.
public protocol StoreCopies: Sendable {
    /// Reads a whole copy and checks it, and gives the number of its schema. Changes nothing; a repeat is harmless.
    ///
    /// Throws `CloudError(.storeNewer)` for a copy of a newer version, and `CloudError(.storeUnavailable)` for one that is damaged or is
    /// no store.
    func check(_ path: String) async throws -> Int
    /// Makes a copy one that a manager may lead: brings its schema to this version, moves every number that others remember (fences,
    /// versions, serials of pictures, numbers of events) past what the lost store can have given, and runs `body` on it. What nobody can
    /// know after that time is not kept: sightings, evidence, and the events themselves.
    ///
    /// To be called once for a copy, and before it has the name of the store: where it throws, the copy is to be thrown away.
    func revive(_ path: String, _ body: @Sendable (any Store) async throws -> Void) async throws
}
