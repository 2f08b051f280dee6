// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// The folder of a daemon's state: there, and this daemon's alone for as long as the process lives.
public struct StateFolder: Sendable {
    /// The folder.
    public let path: String
    private let lock: FolderLock

    /// Makes the folder where it is missing and takes its lock. Throws `unavailable` where another daemon has it.
    public init(_ path: String) throws(CloudError) {
        try PrivateFiles.ensureFolder(path)
        self.path = path
        lock = try FolderLock(path)
    }

    /// The path of a file in it.
    public func file(_ name: String) -> String { path + "/" + name }

    /// Makes sure that a file is there; where it is not, `make` says its one line. Harmless where it is.
    public func keep(_ name: String, line make: () async throws -> String) async throws {
        guard try PrivateFiles.read(file(name)) == nil else { return }
        try PrivateFiles.write(Array((try await make() + "\n").utf8), to: file(name))
    }
}
