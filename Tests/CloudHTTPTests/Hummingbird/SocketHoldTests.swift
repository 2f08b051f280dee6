// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import Foundation
    import Glibc
    import Testing

    @testable import CloudHTTP

    @Suite("A socket at which somebody listens is taken from nobody")
    struct SocketHoldTests {
        private func inFolder(_ body: (String) throws -> Void) throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-\(ProcessInfo.processInfo.globallyUniqueString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            try body(folder.appending(path: "s").path)
        }
        private func listener(_ path: String) throws -> Int32 {
            let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
            }
            try #require(bound == 0 && listen(file, 1) == 0)
            return file
        }

        @Test func theSecondIsRefusedUntilTheFirstHasEnded() throws {
            try inFolder { path in
                do {
                    let hold = try SocketHold(path)
                    #expect(throws: CloudError.self) { try SocketHold(path) }
                    withExtendedLifetime(hold) {}
                }
                _ = try SocketHold(path)
            }
        }

        @Test func aSocketThatLivesIsRefusedAndADeadOneIsNot() throws {
            try inFolder { path in
                let file = try listener(path)
                #expect(throws: CloudError.self) { try SocketHold(path) }
                close(file)
                #expect(FileManager.default.fileExists(atPath: path), "it is dead, but there")
                _ = try SocketHold(path)
            }
        }

        @Test func whatIsNoSocketIsLeftAlone() throws {
            try inFolder { path in
                try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
                #expect(throws: CloudError.self) { try SocketHold(path) }
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("mine".utf8))
            }
        }
    }
#endif
