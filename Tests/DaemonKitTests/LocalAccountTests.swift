// SPDX-License-Identifier: Apache-2.0

import DaemonKit
import Foundation
import Testing

@Suite struct LocalAccountTests {
    @Test func rootIsRootAndInItsGroup() {
        let root = LocalAccount(userID: 0)
        #expect(root.isRoot && root.login == "root" && root.belongs(to: "root"))
        #expect(!root.belongs(to: "no-such-group-anywhere"))
    }

    @Test func anUnknownAccountHasNoNameAndNoGroup() {
        let stranger = LocalAccount(userID: 4_000_000_001)
        #expect(stranger.login == nil && !stranger.isRoot && !stranger.belongs(to: "root"))
    }
}

@Suite struct PrivateFilesTests {
    @Test func aPrivateFileIsForItsOwnerOnlyAndComesBack() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "lyceum-private-\(ProcessInfo.processInfo.globallyUniqueString)"
        ).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try PrivateFiles.ensureFolder(folder + "/a/b")
        try PrivateFiles.ensureFolder(folder + "/a/b")
        #expect(try PrivateFiles.read(folder + "/a/b/key") == nil)
        for text in ["first", "", "the second"] {
            try PrivateFiles.write(Array(text.utf8), to: folder + "/a/b/key")
            #expect(try PrivateFiles.read(folder + "/a/b/key") == Array(text.utf8))
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/a/b/key")
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/a/b") == ["key"])
        #expect(throws: (any Error).self) { try PrivateFiles.write([], to: folder + "/nowhere/key") }
    }
}
