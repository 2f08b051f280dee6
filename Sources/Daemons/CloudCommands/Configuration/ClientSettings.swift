// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudClient

    /// Where the cloud is and who the caller is: option over environment over file over what is usual.
    struct ClientSettings: Sendable, Equatable {
        let address: CloudAddress
        let token: String?
        /// A file of certificates that are trusted beside the system's own; nil for those alone.
        let authorities: String?
        let language: String?

        /// Throws ``CommandFailure/settings(_:)`` for an address that is none and a file that cannot be read.
        init(_ option: String?, in surroundings: Surroundings) throws {
            let environment = surroundings.environment
            let file = try Self.file(in: surroundings)
            let asked = option ?? environment["LYCEUM_URL"].flatMap { $0.isEmpty ? nil : $0 } ?? file["url"]
            if let asked {
                guard let address = CloudAddress(asked) else {
                    throw CommandFailure.settings("“\(asked)” is no address; write http://HOST:PORT, https://HOST or unix:/PATH")
                }
                self.address = address
            } else {
                address = .local
            }
            token = environment["LYCEUM_TOKEN"].flatMap { $0.isEmpty ? nil : $0 } ?? file["token"]
            if let token, !token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
                throw CommandFailure.settings("the token has characters that no token has")
            }
            language = Self.language(environment)
            authorities = environment["LYCEUM_CA"].flatMap { $0.isEmpty ? nil : $0 } ?? file["ca"]
            if let authorities {
                let text: String
                do { text = String(decoding: try surroundings.read(authorities), as: UTF8.self) } catch {
                    throw CommandFailure.settings("the certificates in \(authorities) cannot be read: \(error)")
                }
                guard text.contains("-----BEGIN CERTIFICATE-----") else {
                    throw CommandFailure.settings("there are no certificates in \(authorities) (PEM)")
                }
            }
        }

        /// Texts come in the language of the terminal, as far as the cloud knows it.
        private static func language(_ environment: [String: String]) -> String? {
            let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
            let code = locale.prefix { $0.isLetter && $0.isASCII }.lowercased()
            return code.count == 2 ? code : nil
        }

        private static func file(in surroundings: Surroundings) throws -> [String: String] {
            let environment = surroundings.environment
            let folder: String
            if let set = environment["XDG_CONFIG_HOME"], set.hasPrefix("/") {
                folder = set
            } else if let home = environment["HOME"], !home.isEmpty {
                folder = home + "/.config"
            } else {
                return [:]
            }
            let path = folder + "/lyceum/config.toml"
            guard let facts = surroundings.look(path) else { return [:] }
            let values: [String: String]
            do { values = try SettingsText.parse(String(decoding: try surroundings.read(path), as: UTF8.self)) } catch let fault
                as SettingsText.Fault
            {
                throw CommandFailure.settings("\(path), line \(fault.line): \(fault.reason)")
            } catch { throw CommandFailure.settings("\(path) cannot be read: \(error)") }
            if values["token"] != nil, facts.readableByOthers {
                surroundings.err("Warning: others can read the token in \(path); run: chmod 600 \(path)\n")
            }
            return values
        }
    }

    /// The file of settings: `key = "value"` lines, a small part of TOML.
    enum SettingsText {
        /// The keys that it may have.
        static let keys: Set<String> = ["ca", "token", "url"]

        /// What is wrong in which line, counted from 1.
        struct Fault: Error, Equatable {
            let line: Int
            let reason: String
        }

        static func parse(_ text: String) throws(Fault) -> [String: String] {
            var values: [String: String] = [:]
            for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
                func fault(_ reason: String) -> Fault { Fault(line: index + 1, reason: reason) }
                let line = trimmed(line)
                if line.isEmpty || line.hasPrefix("#") { continue }
                guard let equals = line.firstIndex(of: "=") else { throw fault("write key = \"value\"") }
                let (key, rest) = (String(trimmed(line[..<equals])), trimmed(line[line.index(after: equals)...]))
                guard keys.contains(key) else {
                    throw fault("the key “\(key)” is not known; known are \(keys.sorted().joined(separator: ", "))")
                }
                guard values[key] == nil else { throw fault("the key “\(key)” is there twice") }
                guard let value = value(rest) else { throw fault("write the value of “\(key)” in quotes, without backslashes") }
                values[key] = value
            }
            return values
        }

        private static func trimmed(_ text: Substring) -> Substring {
            let front = text.drop(while: \.isWhitespace)
            guard let last = front.lastIndex(where: { !$0.isWhitespace }) else { return "" }
            return front[...last]
        }

        /// A quoted value, a comment behind it allowed; or a bare word.
        private static func value(_ text: Substring) -> String? {
            guard let quote = text.first, quote == "\"" || quote == "'" else {
                let bare = trimmed(text.prefix { $0 != "#" })
                return bare.isEmpty || bare.contains(where: { $0.isWhitespace || $0 == "\"" }) ? nil : String(bare)
            }
            let inner = text.dropFirst()
            guard let end = inner.firstIndex(of: quote), !inner[..<end].contains("\\") else { return nil }
            let rest = trimmed(inner[inner.index(after: end)...])
            return rest.isEmpty || rest.hasPrefix("#") ? String(inner[..<end]) : nil
        }
    }
#endif
