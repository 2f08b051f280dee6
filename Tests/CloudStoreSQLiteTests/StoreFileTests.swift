// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Testing

@testable import CloudStoreSQLite

@Suite struct StoreFileTests {
    private let folder: TemporaryFolder
    private var path: String { folder.file("file") }
    private var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() } }

    init() throws { folder = try TemporaryFolder() }

    private func make(_ write: (String) throws -> Void) async throws { try await StoreFile.make(path) { try write($0) } }

    @Test func aFileAppearsWhole() async throws {
        try await make { partial in
            #expect(try names == ["file.partial"])
            try Data("whole".utf8).write(to: URL(fileURLWithPath: partial))
        }
        #expect(try names == ["file"])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "whole")
    }

    @Test func whatIsThereIsNotReplaced() async throws {
        try await make { _ in }
        await #expect { try await make { _ in } } throws: { ($0 as? CloudError)?.code == .storeUnavailable }
        #expect(try names == ["file"])
    }

    @Test func aWriteThatFailsLeavesNothing() async throws {
        struct Failed: Error {}
        await #expect(throws: Failed.self) { try await make { _ in throw Failed() } }
        #expect(try names.isEmpty)
    }

    /// `/dev/null` cannot be forced to a disk.
    @Test func aFileThatCannotBeForcedToTheDiskLeavesNothing() async throws {
        await #expect {
            try await make { partial in
                try FileManager.default.removeItem(atPath: partial)
                try FileManager.default.createSymbolicLink(atPath: partial, withDestinationPath: "/dev/null")
            }
        } throws: { ($0 as? CloudError)?.code == .storeUnavailable }
        #expect(try names.isEmpty)
        try await make { _ in }
    }

    @Test func aFileThatCannotBeRenamedLeavesNothing() async throws {
        await #expect {
            try await make { _ in try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }
        } throws: { ($0 as? CloudError)?.code == .storeUnavailable }
        #expect(try names == ["file"], "the folder that stands in the way")
    }
}
