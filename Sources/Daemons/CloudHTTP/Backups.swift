// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// Makes backups of the records, for the route that gives them.
public protocol BackupSource: Sendable {
    /// A backup of this moment, whole and checked. Throws `CloudError` where there is none to be had.
    func backup() async throws -> BackupBytes
}

/// A backup, to be written once. Its source may refuse another until this one is written or let go.
public struct BackupBytes: Sendable {
    /// How many bytes it has.
    public let size: Int64
    /// Gives them piece after piece.
    public let write: @Sendable (_ send: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void
    /// A backup of so many bytes.
    public init(
        size: Int64, write: @escaping @Sendable (_ send: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void
    ) {
        self.size = size
        self.write = write
    }
}

extension CloudService {
    /// The answer with a backup; for site operators.
    func backup(_ request: Request) async throws -> Answer {
        guard try request.principal().holds(.operateHosts) else {
            throw CloudError(.denied, ["verb": "backup", "object": "the site", "needed": Permission.operateHosts.rawValue])
        }
        guard let backups else { throw CloudError(.unavailable, ["part": "backup"], detail: "this daemon makes none") }
        let bytes = try await backups.backup()
        var answer = Answer(status: 200, fields: ["Content-Type": "application/x-tar", "X-Backup-Size": String(bytes.size)])
        answer.body = .stream(bytes.write)
        return answer
    }
}
