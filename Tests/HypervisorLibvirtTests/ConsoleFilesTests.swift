// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Testing

    @testable import HypervisorLibvirt

    @Suite struct ConsoleFilesTests {
        @Test func aConsoleIsWhoseNameItBears() throws {
            let folder = try Folder()
            let (one, two) = (ID<InstanceKind>(bits: 0, 1), ID<InstanceKind>(bits: 0, 2))
            for name in ["\(two).log", "\(one).line", "\(one).log", "\(one).log.0", "notes"] { try folder.write(name) }
            #expect(try ConsoleFiles.owners(in: folder.path) == [one, two])
            #expect(throws: CloudError.self) { try ConsoleFiles.owners(in: folder.path + "/missing") }
        }
    }
#endif
