// SPDX-License-Identifier: Apache-2.0

/// As much of YAML as `openapi.yaml` uses: maps and lists by indentation, plain scalars, folded texts, flow lists.
indirect enum YAML {
    case scalar(String)
    case map([(String, YAML)])
    case list([YAML])

    struct Unreadable: Error { let line: String }

    init(_ text: String) throws {
        var lines = text.split(separator: "\n").map(String.init).filter { line in
            let plain = line.drop { $0 == " " }
            return !plain.isEmpty && !plain.hasPrefix("#")
        }[...]
        self = try Self.block(&lines, indent: 0)
        if let left = lines.first { throw Unreadable(line: left) }
    }

    var text: String? { if case .scalar(let text) = self { text } else { nil } }
    var members: [(String, YAML)] { if case .map(let members) = self { members } else { [] } }
    var items: [YAML] { if case .list(let items) = self { items } else { [] } }
    subscript(key: String) -> YAML? { members.first { $0.0 == key }?.1 }

    private static func indent(_ line: String) -> Int { line.prefix { $0 == " " }.count }

    private static func block(_ lines: inout ArraySlice<String>, indent: Int) throws -> YAML {
        lines.first?.dropFirst(indent).hasPrefix("- ") == true ? try list(&lines, indent: indent) : try map(&lines, indent: indent)
    }

    private static func list(_ lines: inout ArraySlice<String>, indent: Int) throws -> YAML {
        var items: [YAML] = []
        while let line = lines.first, Self.indent(line) == indent, line.dropFirst(indent).hasPrefix("- ") {
            let content = line.dropFirst(indent + 2)
            if content == "{}" || colon(in: content) == nil {
                lines.removeFirst()
                items.append(content == "{}" ? .map([]) : .scalar(String(content)))
                continue
            }
            lines[lines.startIndex] = String(repeating: " ", count: indent + 2) + content
            items.append(try map(&lines, indent: indent + 2))
        }
        return .list(items)
    }

    /// Where a key ends; nil in a plain scalar.
    private static func colon(in content: Substring) -> Substring.Index? {
        content.indices.first {
            content[$0] == ":" && (content.index(after: $0) == content.endIndex || content[content.index(after: $0)] == " ")
        }
    }

    private static func map(_ lines: inout ArraySlice<String>, indent: Int) throws -> YAML {
        var members: [(String, YAML)] = []
        while let line = lines.first, Self.indent(line) == indent, !line.dropFirst(indent).hasPrefix("- ") {
            lines.removeFirst()
            let content = line.dropFirst(indent)
            guard let colon = colon(in: content) else { throw Unreadable(line: line) }
            let (key, rest) = (String(content[..<colon]), content[content.index(after: colon)...].drop { $0 == " " })
            if members.contains(where: { $0.0 == key }) { throw Unreadable(line: "twice: \(line)") }
            members.append((key, try value(String(rest), &lines, indent: indent)))
        }
        return .map(members)
    }

    private static func value(_ rest: String, _ lines: inout ArraySlice<String>, indent: Int) throws -> YAML {
        var rest = rest
        let deeper = { (lines: ArraySlice<String>) in lines.first.map { Self.indent($0) > indent } ?? false }
        if rest.isEmpty { return deeper(lines) ? try block(&lines, indent: Self.indent(lines[lines.startIndex])) : .scalar("") }
        if rest == "{}" { return .map([]) }
        while rest == ">-" || rest.hasPrefix(">- ") || (rest.hasPrefix("[") && !rest.hasSuffix("]")), deeper(lines) {
            rest += " " + lines.removeFirst().drop { $0 == " " }
        }
        while rest.hasPrefix(">-"), deeper(lines) { lines.removeFirst() }
        guard rest.hasPrefix("["), rest.hasSuffix("]") else { return .scalar(rest) }
        let inner = rest.dropFirst().dropLast().split(separator: ",")
        return .list(inner.map { .scalar(String($0.drop { $0 == " " })) })
    }
}
