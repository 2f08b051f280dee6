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

    /// The path of a file that a part makes by rules of its own: there already, empty and for the daemon's account alone, also where
    /// others may pass through the folder. What SQLite puts beside its file has the same rights.
    public func ownFile(_ name: String) throws(CloudError) -> String {
        try PrivateFiles.ensureFile(file(name))
        return file(name)
    }

    /// Lets the accounts of a group pass through to what is open to them in it; see ``PrivateFiles/open(_:toGroup:)``.
    public func open(toGroup name: String) throws(CloudError) { try PrivateFiles.open(path, toGroup: name) }

    /// Makes sure that a file is there; where it is not, `make` says its one line. Harmless where it is.
    public func keep(_ name: String, line make: () async throws -> String) async throws {
        guard try PrivateFiles.read(file(name)) == nil else { return }
        try PrivateFiles.write(Array((try await make() + "\n").utf8), to: file(name))
    }
}
