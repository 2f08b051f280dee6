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

    /// More than the page that an empty file of SQLite's has.
    private static let content = [UInt8](repeating: 1, count: 8192)

    @Test("records that are in the log alone are there, and a file without its log is not")
    func recordsInTheLog() throws {
        let (folder, above) = try folder(with: "admin.token", "site.key")
        defer { try? FileManager.default.removeItem(atPath: above) }
        try PrivateFiles.write([UInt8](repeating: 1, count: 4096), to: folder.file("lyceum.db"))
        #expect(throws: ConfigurationError.self) { try folder.begin(.real) }
        try PrivateFiles.write([1], to: folder.file("lyceum.db-wal"))
        try PrivateFiles.write(Array("real\n".utf8), to: folder.file("machines"))
        try folder.begin(.real)
    }

    /// A folder with some of the files of a site, each with a byte in it.
    private func folder(with files: String...) throws -> (folder: StateFolder, above: String) {
        let above = FileManager.default.temporaryDirectory.appending(path: "lyceum-\(ProcessInfo.processInfo.globallyUniqueString)").path
        let folder = try StateFolder(above + "/site")
        for file in files { try PrivateFiles.write(Self.content, to: folder.file(file)) }
        return (folder, above)
    }

    @Test(
        "a new folder and one whose first start was cut short begin", arguments: [[], ["site.key"]])
    func begins(_ files: [String]) throws {
        let (folder, above) = try folder()
        defer { try? FileManager.default.removeItem(atPath: above) }
        for file in files { try PrivateFiles.write(Self.content, to: folder.file(file)) }
        try folder.begin(.simulated)
        try folder.begin(.simulated)
    }

    @Test(
        "half a site is refused with what is missing", arguments: [("lyceum.db", "site.key is gone"), ("admin.token", "lyceum.db is gone")])
    func halves(_ file: String, _ sentence: String) throws {
        let (folder, above) = try folder(with: file)
        defer { try? FileManager.default.removeItem(atPath: above) }
        do {
            try folder.begin(.real)
            Issue.record("half a site began")
        } catch let error as ConfigurationError { #expect(error.reason.hasPrefix(sentence) && error.reason.contains("backup")) }
        #expect(try PrivateFiles.read(folder.file("machines")) == nil)
    }

    @Test("records of real machines are not given to a simulated host, nor the other way")
    func kinds() throws {
        for (first, second) in [(StateFolder.Machines.real, StateFolder.Machines.simulated), (.simulated, .real)] {
            let (folder, above) = try folder()
            defer { try? FileManager.default.removeItem(atPath: above) }
            try folder.begin(second)
            try folder.begin(first)
            for file in ["site.key", "lyceum.db"] { try PrivateFiles.write(Self.content, to: folder.file(file)) }
            #expect(throws: ConfigurationError.self) { try folder.begin(second) }
            try folder.begin(first)
            for text in ["", "neither\n"] {
                try PrivateFiles.write(Array(text.utf8), to: folder.file("machines"))
                #expect(throws: ConfigurationError.self) { try folder.begin(second) }
            }
            try FileManager.default.removeItem(atPath: folder.file("machines"))
            #expect(throws: ConfigurationError.self, "nobody knows any more what machines they are") { try folder.begin(first) }
        }
    }
}
