// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import TOMLKit

    /// Reads a daemon's TOML file against its settings.
    public enum ConfigurationFile {
        /// The values that a file says, by `table.key`. A key that is no setting, or a value of another kind, is refused with its
        /// line: a misspelt limit must not become its default. Throws ``ConfigurationError``.
        public static func read(_ text: String, name: String, settings: [Setting]) throws(ConfigurationError) -> [String: Setting.Value] {
            let table: TOMLTable
            do { table = try TOMLTable(string: text) } catch let error as TOMLParseError {
                throw ConfigurationError(place: "\(name):\(error.source.begin.line)", reason: error.description)
            } catch {
                throw ConfigurationError(place: name, reason: "\(error)")
            }
            let known = Dictionary(settings.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
            var values: [String: Setting.Value] = [:]
            for (key, value) in leaves(of: table, under: "").sorted(by: { $0.key < $1.key }) {
                let place = "\(name):\(line(of: key, in: text))"
                guard let setting = known[key] else {
                    throw ConfigurationError(
                        place: place, reason: "the key \(key) is not known; known are \(known.keys.sorted().joined(separator: ", "))")
                }
                guard let read = reading(value, as: setting.standard) else {
                    throw ConfigurationError(place: place, reason: "\(key) has to be \(setting.standard.kind)")
                }
                values[key] = read
            }
            return values
        }

        /// Where each key of a file stands, as `name:line`; for a file that ``read(_:name:settings:)`` takes.
        static func places(_ text: String, name: String, of keys: some Sequence<String>) -> [String: String] {
            Dictionary(keys.map { ($0, "\(name):\(line(of: $0, in: text))") }, uniquingKeysWith: { first, _ in first })
        }

        private static func leaves(of table: TOMLTable, under prefix: String) -> [(key: String, value: any TOMLValueConvertible)] {
            table.keys.flatMap { key -> [(key: String, value: any TOMLValueConvertible)] in
                guard let value = table[key] else { return [] }
                if let inner = value.table { return leaves(of: inner, under: prefix + key + ".") }
                return [(prefix + key, value)]
            }
        }

        private static func reading(_ value: any TOMLValueConvertible, as standard: Setting.Value) -> Setting.Value? {
            switch standard {
            case .text: return value.string.map(Setting.Value.text)
            case .number: return value.type == .int ? value.int.map(Setting.Value.number) : nil
            case .truth: return value.bool.map(Setting.Value.truth)
            case .list:
                guard let array = value.array else { return nil }
                let texts = (0..<array.count).map { array[$0].string }
                return texts.contains(nil) ? nil : .list(texts.compactMap { $0 })
            }
        }

        /// The line on which a key stands. TOMLKit keeps no places of values, so headers and keys are looked for here.
        private static func line(of key: String, in text: String) -> Int {
            var prefix = ""
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let plain = line.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
                if plain.hasPrefix("["), let end = plain.firstIndex(of: "]") {
                    prefix = plain[plain.index(after: plain.startIndex)..<end] + "."
                    if key.hasPrefix(prefix), !key.dropFirst(prefix.count).contains(".") { continue }
                } else if let equals = plain.firstIndex(of: "=") {
                    let found = prefix + plain[..<equals]
                    if found == key || key.hasPrefix(found + ".") { return index + 1 }
                }
            }
            return 1
        }
    }
#endif
