// SPDX-License-Identifier: Apache-2.0

import CloudModel
import DaemonKit
import Foundation
import Testing

@Suite final class PrivateFilesTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-private-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
    deinit {
        do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: folder + path)[.posixPermissions] as? Int
    }

    // /var/lib is not the daemon's to close, should it be the one to make it.
    @Test func onlyTheLastFolderIsPrivate() throws {
        try PrivateFiles.ensureFolder(folder + "/a/b/c")
        #expect(try [mode("/a"), mode("/a/b"), mode("/a/b/c")] == [0o755, 0o755, 0o700])
        try PrivateFiles.ensureFolder(folder + "/a/b/c", mode: 0o711)
        #expect(try mode("/a/b/c") == 0o700, "one that is there keeps its mode")
    }

    // The service's umask is 0077, and QEMU's account has to pass through the store. What any umask takes away here is the right of others
    // to write.
    @Test func theUmaskTakesNothingAway() throws {
        try PrivateFiles.ensureFolder(folder + "/open", mode: 0o777)
        #expect(try mode("/open") == 0o777)
    }

    @Test func aGroupPassesThroughAndSeesNothing() throws {
        try PrivateFiles.ensureFolder(folder + "/state")
        try PrivateFiles.open(folder + "/state", toGroup: "no-such-group-here")
        #expect(try mode("/state") == 0o700)
        // One's own group may be given without being root.
        guard let entry = getgrgid(getegid()) else { return }
        try PrivateFiles.open(folder + "/state", toGroup: String(cString: entry.pointee.gr_name))
        let group = try FileManager.default.attributesOfItem(atPath: folder + "/state")[.groupOwnerAccountID] as? NSNumber
        #expect(try mode("/state") == 0o710 && group?.uint32Value == getegid())
    }

    // SQLite would make its file readable for all.
    @Test func aFileIsMadeForItsOwnerBeforeOthersMakeIt() throws {
        try PrivateFiles.ensureFile(folder + "/db")
        #expect(try mode("/db") == 0o600)
        try Data("kept".utf8).write(to: URL(fileURLWithPath: folder + "/db"))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder + "/db")
        try PrivateFiles.ensureFile(folder + "/db")
        #expect(try mode("/db") == 0o600)
        #expect(try PrivateFiles.read(folder + "/db") == Array("kept".utf8))
    }

    @Test func whatCannotBePutThereLeavesNothingBeside() throws {
        // A folder of the name: writing beside works, the rename does not.
        try PrivateFiles.ensureFolder(folder + "/name/inside")
        #expect(throws: CloudError.self) { try PrivateFiles.write([1, 2, 3], to: folder + "/name") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["name"])
        try PrivateFiles.write([1, 2, 3], to: folder + "/other")
        #expect(try PrivateFiles.read(folder + "/other") == [1, 2, 3] && mode("/other") == 0o600)
    }

    private func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder + "/" + name, withDestinationPath: target)
    }
    private func detail(of name: String) -> String {
        do {
            return try PrivateFiles.readTrusted(folder + "/" + name).map { "\($0.count) bytes" } ?? "nothing"
        } catch { return "\(error)" }
    }

    @Test func aLinkToASoundFileIsRead() throws {
        try PrivateFiles.write([1, 2, 3], to: folder + "/site.toml")
        try link("by-name", to: "site.toml")
        try link("by-path", to: folder + "/by-name")
        for name in ["site.toml", "by-name", "by-path"] { #expect(try PrivateFiles.readTrusted(folder + "/" + name) == [1, 2, 3]) }
        #expect(throws: CloudError.self, "a key is no link") { try PrivateFiles.read(folder + "/by-name") }
        #expect(try PrivateFiles.readTrusted(folder + "/no-such-file") == nil)
    }

    @Test func whatALinkLeadsToIsJudgedAsAFileIs() throws {
        try link("nowhere", to: folder + "/gone")
        #expect(detail(of: "nowhere").contains("No such file"), "a link that leads nowhere is not “no file”")
        try link("circle", to: "circle")
        #expect(detail(of: "circle").contains("symbolic links"))
        try link("folder", to: folder)
        #expect(detail(of: "folder").contains("is no regular file"))
        #expect(mkfifo(folder + "/pipe", 0o600) == 0)
        try link("to-pipe", to: "pipe")
        #expect(detail(of: "to-pipe").contains("is no regular file"), "and it is not waited for")
        try PrivateFiles.write([1], to: folder + "/open")
        try link("to-open", to: "open")
        for mode in [0o620, 0o602] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder + "/open")
            #expect(detail(of: "to-open").contains("may be written by others") && detail(of: "open").contains("may be written by others"))
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder + "/open")
        #expect(detail(of: "to-open") == "1 bytes")
        // Only root can give a file away.
        guard geteuid() == 0 else { return }
        #expect(chown(folder + "/open", 65_534, 65_534) == 0)
        #expect(detail(of: "to-open").contains("belongs to another account"))
    }

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
