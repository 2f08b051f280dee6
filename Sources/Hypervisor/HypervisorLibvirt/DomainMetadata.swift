// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel

    /// What we write into the metadata of each domain of ours, and by which we know it again. A domain without it is not ours.
    struct DomainMetadata: Equatable {
        static let namespace = "urn:lyceum:instance:1"

        let instance: ID<InstanceKind>
        /// Under which fence it was started or woken.
        let fence: Fence
        let run: ID<OperationKind>

        init(instance: ID<InstanceKind>, command: Command) {
            self.instance = instance
            self.fence = command.fence
            self.run = command.run
        }

        /// Reads the element as libvirt gives it back; nil where it is not as we write it.
        init?(_ text: String) throws(CloudError) {
            let node = try XMLNode(parsing: text)
            guard node.name == "instance", let id = node.attributes["id"].flatMap({ ID<InstanceKind>(Substring($0)) }),
                let fence = node.attributes["fence"].flatMap({ Int64($0) }),
                let run = node.attributes["run"].flatMap({ ID<OperationKind>(Substring($0)) })
            else { return nil }
            self.instance = id
            self.fence = Fence(fence)
            self.run = run
        }

        var element: XMLElement {
            XMLElement(
                "lyceum:instance",
                ["xmlns:lyceum": Self.namespace, "id": instance.text, "fence": fence.description, "run": run.text])
        }
    }

    extension ID<InstanceKind> {
        /// The UUID of the instance's domain, always the same: FNV-1a over the id, twice, in a UUID of version 8 (RFC 9562). libvirt
        /// must be told one, else a second definition of the same name is refused.
        var domainUUID: String {
            let high = FNV1a.hash(text) & 0xFFFF_FFFF_FFFF_0FFF | 0x8000
            let low = FNV1a.hash(text, seed: 0x9E37_79B9_7F4A_7C15) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
            let digits = [high, low].map { word in
                let digits = String(word, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
            var groups: [Substring] = []
            var rest = digits[...]
            for length in [8, 4, 4, 4, 12] {
                groups.append(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
            return groups.joined(separator: "-")
        }
    }
#endif
