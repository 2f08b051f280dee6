// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Foundation
    import Glibc
    import Testing

    @testable import CloudCommands

    /// A file that is saved is whole, and nobody else's; whatever goes wrong, nothing is left.
    @Suite final class SavedFileTests {
        private let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-saved-\(UUID().uuidString)")
        private var path: String { folder.appending(path: "backup.tar").path }

        init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
        deinit {
            do { try FileManager.default.removeItem(at: folder) } catch { Issue.record(error) }
        }

        private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
        private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

        /// As it is, and as on a file system on which no file has two names.
        enum Names: CaseIterable {
            case several
            case one
            func link(_ old: String, _ new: String) -> Int32 {
                guard self == .one else { return Glibc.link(old, new) }
                errno = EPERM
                return -1
            }
        }

        @Test(arguments: Names.allCases) func itIsWholeAndItsOwnersAlone(_ names: Names) async throws {
            try await SavedFile.make(path, link: names.link) { write in
                try write(Array("rec".utf8))
                #expect(try self.names().count == 1 && access(path, F_OK) != 0, "not there before it is whole")
                try write(Array("ords".utf8))
            }
            #expect(try text() == "records" && self.names() == ["backup.tar"])
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600)
        }

        @Test(arguments: Names.allCases) func oneThatCameMeanwhileIsKept(_ names: Names) async throws {
            let refused = await #expect(throws: CocoaError.self) {
                try await SavedFile.make(path, link: names.link) { write in
                    try write(Array("mine".utf8))
                    try Data("theirs".utf8).write(to: URL(fileURLWithPath: path))
                }
            }
            #expect(refused?.code == .fileWriteFileExists)
            #expect(try text() == "theirs" && self.names() == ["backup.tar"])
        }

        @Test func oneThatBreaksOffIsNone() async throws {
            await #expect(throws: CancellationError.self) {
                try await SavedFile.make(path) { write in
                    try write(Array("half".utf8))
                    throw CancellationError()
                }
            }
            #expect(try names() == [])
        }

        /// Whoever ends first has the name, with all of their own; the other is told, and takes nothing away.
        @Test(arguments: Names.allCases) func twoOfOneNameAreNotMixed(_ names: Names) async throws {
            let (firstBegan, tellFirst) = AsyncStream<Void>.makeStream()
            let (secondBegan, tellSecond) = AsyncStream<Void>.makeStream()
            let (firstEnded, tellEnd) = AsyncStream<Void>.makeStream()
            let path = path
            async let second: Void = {
                for await _ in firstBegan {}
                try await SavedFile.make(path, link: names.link) { write in
                    try write(Array("half".utf8))
                    tellSecond.finish()
                    for await _ in firstEnded {}
                }
            }()
            try await SavedFile.make(path, link: names.link) { write in
                try write(Array("whole".utf8))
                tellFirst.finish()
                for await _ in secondBegan {}
            }
            #expect(try text() == "whole")
            tellEnd.finish()
            var refused: CocoaError?
            do { try await second } catch { refused = error as? CocoaError }
            #expect(refused?.code == .fileWriteFileExists)
            #expect(try text() == "whole" && self.names() == ["backup.tar"])
        }
    }
#endif
