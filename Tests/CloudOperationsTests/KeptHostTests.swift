// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudSimulation
import Foundation
import Testing

@Suite("A simulated host in a file goes on from it, and leaves nothing beside it")
struct KeptHostTests {
    @Test func whatAKilledProcessLeftIsRemovedAndTheFileIsForItsOwnerOnly() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-kept-\(ProcessInfo.processInfo.globallyUniqueString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "host.json").path
        func host() throws -> SimulatedHost { try SimulatedHost.kept(in: file, clock: SimulatedClock(), bootTime: .zero) }

        try Data("half of a st".utf8).write(to: URL(fileURLWithPath: file + ".new"))
        let first = try host()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        _ = try await first.disks.receive(ID(bits: 1, 1), limit: .mebibytes(1), OneChunk(bytes: [1, 2, 3]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["host.json"])
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        #expect(try host().snapshot() == first.snapshot())
    }
}
