// SPDX-License-Identifier: Apache-2.0

import CloudModel
import DaemonKit
import Foundation
import Testing

@Suite struct SiteSealerTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-sealer-\(ProcessInfo.processInfo.globallyUniqueString)")
            .path
        try PrivateFiles.ensureFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func whatIsSealedOpensWithTheSameKeyOnly() throws {
        try withFolder { folder in
            let sealer = try SiteSealer.kept(in: folder + "/key", chance: SystemChance.bytes)
            let sealed = try sealer.seal("pässword 👩‍🔬")
            let again = try sealer.seal("pässword 👩‍🔬")
            #expect(!sealed.contains("ssword") && sealed != again)
            #expect(try SiteSealer.kept(in: folder + "/key", chance: { _ in [] }).open(sealed) == "pässword 👩‍🔬")
            let other = try SiteSealer(key: [UInt8](repeating: 1, count: 32))
            #expect(throws: (any Error).self) { try other.open(sealed) }
            var changed = try #require(Data(base64Encoded: sealed))
            changed[changed.count - 1] ^= 1
            #expect(throws: (any Error).self) { try sealer.open(changed.base64EncodedString()) }
            for bad in ["", "?", "AAAA"] { #expect(throws: (any Error).self) { try sealer.open(bad) } }
        }
    }

    @Test func aKeyOfAnotherSiteIsRefusedBeforeItIsNeeded() throws {
        try withFolder { folder in
            let state = try StateFolder(folder)
            let own = try SiteSealer.kept(in: state.file("site.key"), chance: SystemChance.bytes)
            let other = try SiteSealer(key: [UInt8](repeating: 1, count: 32))
            let sealed = try own.seal("a password")
            try own.check(["damaged", sealed], in: state)
            try other.check([], in: state)
            for texts in [[sealed], [""], ["no base64", sealed]] {
                #expect {
                    try other.check(texts, in: state)
                } throws: { ($0 as? ConfigurationError)?.reason.contains("it is the key of another site. Put back") == true }
            }
        }
    }

    @Test func aShortKeyIsRefused() throws {
        try withFolder { folder in
            try PrivateFiles.write([1, 2, 3], to: folder + "/key")
            #expect(throws: CloudError.self) { try SiteSealer.kept(in: folder + "/key", chance: SystemChance.bytes) }
        }
    }

    @Test func oneDaemonAtATimeHasAFolder() throws {
        try withFolder { folder in
            var first: FolderLock? = try FolderLock(folder)
            #expect(throws: CloudError.self) { try FolderLock(folder) }
            #expect(first != nil)
            first = nil
            _ = try FolderLock(folder)
            #expect(throws: CloudError.self) { try FolderLock(folder + "/nowhere") }
        }
    }
}
