// SPDX-License-Identifier: Apache-2.0

import CloudModel
import DaemonKit
import Foundation
import Testing

@Suite struct StateFolderTests {
    @Test func oneDaemonHasItAndALineIsMadeOnce() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "lyceum-\(ProcessInfo.processInfo.globallyUniqueString)/deep")
            .path
        defer { try? FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent) }
        let folder = try StateFolder(path)
        #expect(throws: CloudError.self) { try StateFolder(path) }
        try await folder.keep("word") { "first" }
        try await folder.keep("word") {
            Issue.record("it is there")
            return "second"
        }
        #expect(try PrivateFiles.read(folder.file("word")) == Array("first\n".utf8))
        let mode = try FileManager.default.attributesOfItem(atPath: folder.file("word"))[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}
