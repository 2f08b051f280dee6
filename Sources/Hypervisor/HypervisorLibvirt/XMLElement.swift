// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel

    /// A piece of XML that is written, never parsed: names are in the source, values are data. Whatever a value holds, it cannot become
    /// an element, an attribute or an entity.
    struct XMLElement {
        private let name: StaticString
        private let attributes: KeyValuePairs<StaticString, String>
        private let text: String?
        private let children: [XMLElement]

        init(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ children: [XMLElement] = []) {
            self.name = name
            self.attributes = attributes
            self.text = nil
            self.children = children
        }

        init(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], text: String) {
            self.name = name
            self.attributes = attributes
            self.text = text
            self.children = []
        }

        /// The element as text, indented by two. Throws `invalid-field` for a character that XML 1.0 cannot hold even escaped.
        func rendered(indent: String = "") throws(CloudError) -> String {
            var line = indent + "<\(name)"
            for (key, value) in attributes { line += " \(key)=\"" + (try Self.escaped(value)) + "\"" }
            if let text { return line + ">" + (try Self.escaped(text)) + "</\(name)>\n" }
            if children.isEmpty { return line + "/>\n" }
            line += ">\n"
            for child in children { line += try child.rendered(indent: indent + "  ") }
            return line + indent + "</\(name)>\n"
        }

        private static func escaped(_ value: String) throws(CloudError) -> String {
            var result = ""
            for scalar in value.unicodeScalars {
                switch scalar {
                case "&": result += "&amp;"
                case "<": result += "&lt;"
                case ">": result += "&gt;"
                case "\"": result += "&quot;"
                case "'": result += "&apos;"
                case "\t", "\n", "\r": result += "&#\(scalar.value);"  // else a reader may turn them into spaces
                case "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}": result.unicodeScalars.append(scalar)
                default:
                    let reason = "U+\(String(scalar.value, radix: 16, uppercase: true)) cannot stand in a domain's description"
                    throw CloudError(.invalidField, ["pointer": "", "reason": reason])
                }
            }
            return result
        }
    }
#endif
