// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Foundation
    import Hypervisor
    import Testing

    @testable import HypervisorLibvirt

    /// libvirt takes much that it does not understand, and does not say so: its own schema does.
    @Suite(.enabled(if: DomainSchema.isHere, "virt-xml-validate or xmllint is not here"))
    struct DomainSchemaTests {
        @Test(arguments: Acceleration.allCases, [false, true]) func everyDomainIsValid(_ acceleration: Acceleration, hasSeed: Bool) throws {
            for (disks, ports) in [(1, 0), (1, 1), (3, 2), (16, 4)] {
                for title in ["lab-01", "</name><devices> 🦉 &amp; \"'"] {
                    var description = try Samples.description(Samples.guest(title: title, disks: disks, ports: ports), acceleration)
                    if hasSeed { description.seed = "/store/seeds/\(Samples.instance)" }
                    try DomainSchema.validate(try description.xml(), as: "domain")
                }
            }
        }

        /// A disk that is made by hand has all kinds of things below it.
        @Test func everyDiskIsValid() throws {
            let kinds: [DomainDescription.DiskFiles] = [
                .init(path: "/a"), .init(path: "/a", serial: "0123456789abcdefghij"), .init(path: "/a", image: ("/i", .raw)),
                .init(path: "/a", image: ("/i", .qcow2)), .init(path: "/a", layers: ["/b", "/c"], image: ("/i", .raw)),
            ]
            let base = try Samples.description(Samples.guest(disks: 5))
            let description = DomainDescription(
                guest: base.guest, metadata: base.metadata, machine: base.machine, disks: kinds, console: base.console)
            try DomainSchema.validate(try description.xml(), as: "domain")
        }

        @Test func whatIsNotValidIsSeen() throws {
            let text = try Samples.description(Samples.guest()).xml().replacing("<memballoon", with: "<memoryballoon")
            #expect(throws: DomainSchema.Refused.self) { try DomainSchema.validate(text, as: "domain") }
        }
    }

    enum DomainSchema {
        struct Refused: Error, CustomStringConvertible { let description: String }

        static let isHere = ["/usr/bin/virt-xml-validate", "/usr/bin/xmllint"].allSatisfy(FileManager.default.isExecutableFile)

        static func validate(_ xml: String, as schema: String) throws {
            let file = FileManager.default.temporaryDirectory.appending(path: "lyceum-domain-\(UUID()).xml")
            try Data(xml.utf8).write(to: file)
            defer {
                do { try FileManager.default.removeItem(at: file) } catch { Issue.record("\(file.path) is left: \(error)") }
            }
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/virt-xml-validate")
            process.arguments = [file.path, schema]
            let said = Pipe()
            (process.standardOutput, process.standardError) = (said, said)
            try process.run()
            let text = String(decoding: try said.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw Refused(description: "\(text)\n\(xml)") }
        }
    }
#endif
