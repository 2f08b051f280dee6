// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Foundation
import Testing

/// What an uninterrupted run of each operation writes, as a text that people can read. A journal is a promise to later versions: one that
/// changes is another version of its operation. LYCEUM_RECORD=1 writes the files anew.
@Suite("The journal of each operation is as it was")
struct GoldenJournalTests {
    @Test("down to what each step gave", arguments: CloudCase.all)
    func golden(_ operation: CloudCase) async throws {
        let text = try Self.text(of: try await operation.journal())
        let name = operation.description.replacing(": ", with: ", ")
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/Journals/\(name).txt")
        if ProcessInfo.processInfo.environment["LYCEUM_RECORD"] == "1" {
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let difference = text.split(separator: "\n").difference(from: golden.split(separator: "\n"))
        let changed = difference.map { change in
            switch change {
            case .insert(_, let line, _): "+ \(line)"
            case .remove(_, let line, _): "- \(line)"
            }
        }
        #expect(changed.isEmpty, "\(changed.joined(separator: "\n"))")
    }

    @Test("no file is left of an operation that is no more")
    func complete() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/Journals")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files == CloudCase.all.map { $0.description.replacing(": ", with: ", ") + ".txt" }.sorted())
    }

    /// What is drawn, or made of what is drawn: ids, labels, MAC addresses, devices.
    private static var drawn: Regex<Substring> { /\b(?:[a-z]+-[0-9a-z]{20}|vm-[0-9a-z]{8}|02(?::[0-9a-f]{2}){5}|lyc[0-9a-z]{13})\b/ }

    /// `committed claim`, and indented what it gave. Ids are numbered in the order of their coming, times are left out.
    static func text(of entries: [JournalEntry]) throws -> String {
        var ids: [String: String] = [:]
        return try entries.map { entry in
            let output = try pretty(entry.output).replacing(drawn) { match in
                let id = String(match.output)
                let name = ids[id] ?? "\(id.prefix { $0 != "-" && $0 != ":" })-\(ids.count + 1)"
                ids[id] = name
                return name
            }.replacing(/\b[0-9]{13}\b/, with: "…")
            return "\(entry.kind.rawValue) \(entry.name)\n\(output)"
        }.joined()
    }

    private static func pretty(_ output: String) throws -> String {
        guard !output.isEmpty, output != "{}" else { return "" }
        let value = try JSONSerialization.jsonObject(with: Data(output.utf8), options: .fragmentsAllowed)
        let data = try JSONSerialization.data(
            withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed])
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return lines.map { "    \($0)\n" }.joined()
    }
}
