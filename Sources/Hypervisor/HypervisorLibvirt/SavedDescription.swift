// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel

    /// libvirt's description of a guest as it was saved with its memory. It names files of then; where a checkpoint was returned to, the one
    /// that the guest boots from is a layer since and must not be written.
    struct SavedDescription {
        private let text: String

        init(_ text: String) { self.text = text }

        /// The same, with the first disk on other files: libvirt's text is kept as it is around them.
        func xml(bootingFrom files: DomainDescription.DiskFiles) throws(CloudError) -> String {
            let target = "<target dev='\(DomainDescription.diskName(0))'"
            guard let disk = text.matches(of: #/<disk [\s\S]*?</disk>/#).map(\.range).first(where: { text[$0].contains(target) }),
                let source = text[disk].firstMatch(of: #/<source file='[^']*'[^>]*?(/>|>[\s\S]*?</source>)/#)
            else { throw CloudError(.internalFault, ["part": "hypervisor"], detail: "saved memory has no disk that boots") }
            var rest = String(text[source.range.upperBound..<disk.upperBound])
            // What lay below is nested, and said anew.
            if let first = rest.firstRange(of: "<backingStore"), let last = rest.matches(of: #/</backingStore>|<backingStore/>/#).last {
                rest.removeSubrange(first.lowerBound..<last.range.upperBound)
            }
            var below = ""
            for element in [XMLElement("source", ["file": files.path])] + DomainDescription.below(files) {
                below += try element.rendered(indent: "      ")
            }
            return text[..<source.range.lowerBound] + below + rest + text[disk.upperBound...]
        }
    }
#endif
