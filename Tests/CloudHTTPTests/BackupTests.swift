// SPDX-License-Identifier: Apache-2.0

import CloudHTTP
import CloudModel
import Testing

@Suite struct BackupTests {
    private struct Small: BackupSource {
        var error: CloudError?
        func backup() async throws -> BackupBytes {
            if let error { throw error }
            return BackupBytes(size: 6) { send in
                try await send(Array("rec".utf8))
                try await send(Array("ord".utf8))
            }
        }
    }

    @Test func onlySiteOperatorsGetOne() async throws {
        try await Site.with(backups: Small()) { site in
            _ = try await site.anna()
            let reply = await site.send("GET", "/v1/admin/backup")
            #expect(reply.status == 200 && reply.text == "record" && reply.fields["X-Backup-Size"] == "6")
            #expect(reply.fields["Content-Type"] == "application/x-tar")
            #expect(await site.send("GET", "/v1/admin/backup", as: 1001).code == "denied")
            #expect(await site.send("GET", "/v1/admin/backup", as: nil).status == 401)
        }
    }

    @Test func whatCannotBeMadeIsAProblemAndNoBrokenStream() async throws {
        try await Site.with(backups: Small(error: CloudError(.unavailable, ["part": "backup"]))) { site in
            #expect(await site.send("GET", "/v1/admin/backup").status == 503)
        }
        try await Site.with { site in #expect(await site.send("GET", "/v1/admin/backup").status == 503) }
    }
}
