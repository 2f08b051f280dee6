// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Testing

    @testable import HypervisorLibvirt

    /// A count goes on in the next process, and goes with its domain.
    @Suite struct ResetCountsTests {
        let folder: Folder
        init() throws { folder = try Folder() }

        @Test func aCountOutlivesTheProcessAndGoesWithItsDomain() throws {
            let (one, other) = (Samples.instance, ID<InstanceKind>(bits: 0, 99))
            let first = try ResetCounts(folder: folder.path + "/resets")
            #expect(first.count(of: one) == 0)
            for _ in 0..<3 { first.saw(one) }
            first.saw(other)
            let second = try ResetCounts(folder: folder.path + "/resets")
            #expect(second.count(of: one) == 3 && second.count(of: other) == 1)
            second.saw(one)
            #expect(second.count(of: one) == 4)
            try second.forget(one)
            try second.forget(one)
            let third = try ResetCounts(folder: folder.path + "/resets")
            #expect(third.count(of: one) == 0 && third.count(of: other) == 1)
        }

        @Test func whatIsNoCountIsNone() throws {
            _ = try ResetCounts(folder: folder.path)
            try folder.write("\(Samples.instance)", "many")
            try folder.write("notes.txt", "7")
            #expect(try ResetCounts(folder: folder.path).count(of: Samples.instance) == 0)
        }
    }
#endif
