// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CLibXML2
    import CloudModel

    /// A read piece of XML: elements, their attributes by local name, their text.
    ///
    /// Read with libxml2 without network, without document types (an entity bomb or an external entity needs one), and only up to 4 MiB.
    struct XMLNode: Equatable {
        var name: String
        var namespace: String
        var attributes: [String: String]
        var children: [XMLNode]
        var text: String

        /// The document's element; throws `internal-fault` for what is not well-formed, too long, or has a document type.
        init(parsing text: String) throws(CloudError) {
            func refuse(_ reason: String) -> CloudError { CloudError(.internalFault, ["part": "hypervisor"], detail: "XML: \(reason)") }
            guard text.utf8.count <= 4 << 20 else { throw refuse("longer than 4 MiB") }
            guard !text.contains("<!DOCTYPE") else { throw refuse("has a document type") }
            xmlInitParser()
            let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            let bytes = Array(text.utf8)
            let document = bytes.withUnsafeBytes { buffer in
                xmlReadMemory(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count), nil, "UTF-8", Int32(options))
            }
            guard let document else { throw refuse("not well-formed") }
            defer { xmlFreeDoc(document) }
            guard document.pointee.intSubset == nil, document.pointee.extSubset == nil, let root = xmlDocGetRootElement(document) else {
                throw refuse("has a document type or no element")
            }
            self.init(root)
        }

        private init(_ node: xmlNodePtr) {
            name = Self.string(node.pointee.name)
            namespace = node.pointee.ns.map { Self.string($0.pointee.href) } ?? ""
            attributes = [:]
            children = []
            text = ""
            var attribute = node.pointee.properties
            while let current = attribute {
                var piece = current.pointee.children
                var value = ""
                while let part = piece {
                    value += Self.string(part.pointee.content)
                    piece = part.pointee.next
                }
                attributes[Self.string(current.pointee.name)] = value
                attribute = current.pointee.next
            }
            var child = node.pointee.children
            while let current = child {
                switch current.pointee.type {
                case XML_ELEMENT_NODE: children.append(XMLNode(current))
                case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: text += Self.string(current.pointee.content)
                default: break
                }
                child = current.pointee.next
            }
        }

        private static func string(_ pointer: UnsafePointer<xmlChar>?) -> String {
            pointer.map { String(cString: $0) } ?? ""
        }

        /// The children of that name.
        subscript(name: String) -> [XMLNode] { children.filter { $0.name == name } }
    }
#endif
