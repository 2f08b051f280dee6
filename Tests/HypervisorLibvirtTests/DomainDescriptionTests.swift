// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Foundation
    import Hypervisor
    import Testing

    @testable import HypervisorLibvirt

    @Suite struct DomainDescriptionTests {
        /// The whole text, so that no change of it goes unseen. `LYCEUM_WRITE_GOLDEN=1` writes the files anew.
        @Test(arguments: Acceleration.allCases)
        func isAsTheGoldenFile(_ acceleration: Acceleration) throws {
            let text = try Samples.description(Samples.guest(cpus: 2, disks: 2, ports: 2), acceleration).xml()
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
                path: "../Fixtures/Hypervisor/domain-\(acceleration.rawValue).xml")
            if ProcessInfo.processInfo.environment["LYCEUM_WRITE_GOLDEN"] == "1" { try Data(text.utf8).write(to: file) }
            #expect(try text == String(contentsOf: file, encoding: .utf8))
        }

        /// S15: whatever a title holds, it comes back unchanged, and the domain has exactly its own devices.
        @Test(arguments: [
            "</name><devices>", "</title><devices><disk type='file'/></devices>", "<![CDATA[ ]]> ]]>", "&amp; &#60; &lt;", "\" ' > <", "😀🇭🇺",
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;", "--> <!-- <?xml?>", "e\u{301}", "\u{FFFD}",
        ])
        func aHostileTitleIsOnlyATitle(_ title: String) throws { try expectOnlyATitle(title) }

        @Test func anyTitleIsOnlyATitle() throws {
            var random = Seeded(state: 20_260_601)
            let pieces = [
                "<", ">", "&", "\"", "'", "/", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "&#0;", "&lt;", "name", "devices", "disk",
                " ", "=",
                "é", "😀", "\u{200D}", "<?", "?>", "<!DOCTYPE", "%",
            ]
            var accepted = 0
            for _ in 0..<5000 {
                let title = (0..<Int.random(in: 1...12, using: &random)).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)]
                }
                guard (try? DisplayName(title.joined())) != nil else { continue }
                try expectOnlyATitle(title.joined())
                accepted += 1
            }
            #expect(accepted > 4000)
        }

        func expectOnlyATitle(_ title: String) throws {
            let plain = try XMLNode(parsing: Samples.description(Samples.guest(title: "x")).xml())
            let text = try Samples.description(Samples.guest(title: title)).xml()
            // The reader refuses whatever looks like a document type, even escaped text cannot: our writer escapes the `<` of it.
            var read = try XMLNode(parsing: text)
            #expect(read["title"].map(\.text) == [title])
            let index = try #require(read.children.firstIndex { $0.name == "title" })
            read.children[index].text = "x"
            #expect(read == plain)
        }

        @Test func whatXMLCannotHoldIsRefused() throws {
            for path in ["\u{0}", "\u{1B}[2J", "\u{FFFF}"] {
                #expect(throws: CloudError.self) { try Samples.description(Samples.guest(), path: path).xml() }
            }
            let read = try XMLNode(parsing: Samples.description(Samples.guest(), path: "/a\n\t\r b/").xml())
            #expect(read["devices"][0]["disk"][0]["source"][0].attributes["file"]?.hasPrefix("/a\n\t\r b/") == true)
        }

        /// Each image is named once, with its format, keeps its owner, and ends the chain. A disk that lies on nothing says so by silence.
        @Test(arguments: ImageFormat.allCases) func anImageIsNotTheGuests(_ format: ImageFormat) throws {
            let text = try Samples.description(Samples.guest(), imageFormat: format).xml()
            let below = try XMLNode(parsing: text)["devices"][0]["disk"][0]["backingStore"]
            #expect(below.count == 1 && below[0].attributes["type"] == "file")
            #expect(below[0]["format"].map(\.attributes) == [["type": format.rawValue]])
            #expect(below[0]["source"][0].attributes == ["file": "/store/images/\(Samples.image)"])
            #expect(below[0]["source"][0]["seclabel"].map(\.attributes) == [["model": "dac", "relabel": "no"]])
            #expect(below[0]["backingStore"].map(\.children) == [[]])
            #expect(try !Samples.description(Samples.guest(), imageFormat: nil).xml().contains("backingStore"))
        }

        @Test func disksHaveTheNamesThatLinuxGives() {
            #expect(
                [0, 1, 25, 26, 27, 701, 702].map(DomainDescription.diskName) == ["vda", "vdb", "vdz", "vdaa", "vdab", "vdzz", "vdaaa"])
        }

        @Test func theUUIDIsTheInstances() throws {
            let other = ID<InstanceKind>(bits: 0, 18)
            #expect(Samples.instance.domainUUID != other.domainUUID)
            #expect(Samples.instance.domainUUID == Samples.instance.domainUUID)
            #expect(
                Samples.instance.domainUUID.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
            let many = Set((0..<10_000).map { ID<InstanceKind>(bits: 0, $0).domainUUID })
            #expect(many.count == 10_000)
        }

        @Test func metadataComesBack() throws {
            let metadata = DomainMetadata(instance: Samples.instance, command: Command(run: Samples.run, step: "a", fence: Fence(41)))
            #expect(try DomainMetadata(metadata.element.rendered()) == metadata)
            #expect(try DomainMetadata("<instance xmlns='urn:lyceum:instance:1' id='vm-1' fence='x' run='op-1'/>") == nil)
            #expect(try DomainMetadata("<other id='vm-1' fence='1' run='op-1'/>") == nil)
        }
    }

    @Suite struct XMLNodeTests {
        /// S16: nothing is loaded, nothing expands.
        @Test(arguments: [
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "<a>&b;</a>", "<a", "", "<a/><b/>",
            "<a b='1' b='2'/>",
        ])
        func whatIsNotPlainIsRefused(_ text: String) {
            #expect(throws: CloudError.self) { try XMLNode(parsing: text) }
        }

        @Test func whatIsTooLongOrTooDeepIsRefused() {
            #expect(throws: CloudError.self) { try XMLNode(parsing: "<a>" + String(repeating: " ", count: 4 << 20) + "</a>") }
            let depth = 100_000
            let deep = String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
            #expect(throws: CloudError.self) { try XMLNode(parsing: deep) }
        }
    }
#endif
