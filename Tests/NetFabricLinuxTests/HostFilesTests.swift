// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Testing

@testable import NetFabricLinux

@Suite struct HostFilesTests {
    @Test func aReplacementThatFailsLeavesNothingBeside() throws {
        let host = try StubHost()
        let files = HostFiles(root: host.root)
        // A directory of the name that is not empty: the rename fails.
        try host.write("/state/name/inside", "")
        #expect(throws: CloudError.self) { try files.replace("/state/name", with: "text", durably: true) }
        try files.replace("/state/other", with: "text", durably: true)
        #expect(try files.list("/state") == ["name", "other"] && !host.exists("/state/.name.new"))
        #expect(try host.read("/state/other") == "text")
    }

    // dnsmasq reads as nobody what a daemon with another umask wrote.
    @Test func theUmaskTakesNothingAway() throws {
        let host = try StubHost()
        let files = HostFiles(root: host.root)
        try files.makeDirectory("/one/two", mode: 0o777)
        try files.replace("/one/two/text", with: "text", durably: false)
        let modes = try ["/one", "/one/two", "/one/two/text"].map {
            try FileManager.default.attributesOfItem(atPath: host.root + $0)[.posixPermissions] as? Int
        }
        #expect(modes == [0o755, 0o777, 0o644])
    }

    @Test func aTreeGoesWithWhatIsHiddenInIt() throws {
        let host = try StubHost()
        let files = HostFiles(root: host.root)
        for path in ["/tree/a", "/tree/.a.new", "/tree/.hidden/b", "/tree/c/d"] { try host.write(path, "") }
        #expect(try files.list("/tree") == ["a", "c"])
        try files.removeTree("/tree")
        #expect(!host.exists("/tree"))
        try files.removeTree("/tree")
    }
}
