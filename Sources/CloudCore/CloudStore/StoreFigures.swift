// SPDX-License-Identifier: Apache-2.0

/// A store that counts what it does.
public protocol StoreFigures: Sendable {
    /// What was committed since it was opened.
    var commits: StoreCommits { get }
}

/// How much was committed.
public struct StoreCommits: Hashable, Sendable {
    /// Commits: waits for the disk.
    public var commits = 0
    /// Transactions of callers that these hold. More than commits where writes waited together.
    public var transactions = 0
    /// None.
    public init() {}
}
