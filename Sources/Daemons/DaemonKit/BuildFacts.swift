// SPDX-License-Identifier: Apache-2.0

import CBuildFacts

/// What was built: the version, and the commit of the sources.
public struct BuildFacts: Hashable, Sendable, CustomStringConvertible {
    /// The version; CHANGELOG.md says what is in it.
    public let version: String
    /// The commit, shortened; `development` where whoever built it did not say (`make dist` does).
    public let commit: String

    /// These facts.
    public init(version: String, commit: String) {
        self.version = version
        self.commit = commit
    }

    /// Those of this program.
    public static let here = BuildFacts(
        version: String(cString: lyceum_build_version()), commit: String(cString: lyceum_build_commit()))

    /// `0.1.0 (commit a0dcdc8)`
    public var description: String { "\(version) (commit \(commit))" }
}
