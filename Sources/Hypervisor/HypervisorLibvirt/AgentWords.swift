// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import FoundationEssentials
    import Hypervisor

    /// Commands to a qemu-guest-agent and what its answers mean (QEMU, guest agent protocol reference). An answer is the guest's word:
    /// bounded, typed, and what does not fit is left out or refused, never trusted.
    enum AgentWords {
        /// No answer is read that is longer; libvirt itself takes up to 10 MiB.
        static let longestAnswer = 64 << 10
        static let mostAddresses = 64

        private struct Request<Arguments: Encodable>: Encodable {
            let execute: String
            let arguments: Arguments?
        }
        private struct Answer<Value: Decodable>: Decodable {
            let value: Value
            private enum CodingKeys: String, CodingKey { case value = "return" }
        }
        private struct Nothing: Codable {}
        private struct Keys: Encodable {
            let username: String
            let keys: [String]
            let reset = true
        }

        private struct Password: Encodable {
            let username: String
            let password: String
            let crypted = false
        }

        private struct Script: Encodable {
            let path = "/bin/sh"
            let arg: [String]
            /// Base64.
            let input: String
            private enum CodingKeys: String, CodingKey {
                case path, arg
                case input = "input-data"
            }
        }

        /// The note comes as its input and is never a part of it. What fails in it fails for nobody: a guest without `wall` has nobody to
        /// disturb.
        private static let noteScript = """
            umask 022; f=/run/motd.d/lyceum; mkdir -p /run/motd.d && cat >$f.new || exit 1
            if [ -s $f.new ]; then mv $f.new $f && if command -v wall >/dev/null; then wall $f; fi; else rm -f $f $f.new; fi
            """

        static let ping = #"{"execute":"guest-ping"}"#
        static let interfaces = #"{"execute":"guest-network-get-interfaces"}"#

        /// Replaces the keys of an account. Throws `invalid-field` for what is no account name or no single line.
        static func authorize(_ keys: [String], for account: String) throws -> String {
            try check(account)
            for (index, key) in keys.enumerated() {
                guard !key.isEmpty, key.utf8.count <= 16384, key.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), !key.hasPrefix("#") else {
                    throw CloudError(.invalidField, ["pointer": "/keys/\(index)", "reason": "a key is one line"])
                }
            }
            return try text(Request(execute: "guest-ssh-add-authorized-keys", arguments: Keys(username: account, keys: keys)))
        }

        /// Sets an account's password. Throws `invalid-field` for what is no account name, and for a password that is empty, longer than
        /// 128 bytes or not one line.
        static func setPassword(_ password: GuestPassword, for account: String) throws -> String {
            try check(account)
            let bytes = Array(password.clear.utf8)
            guard (1...128).contains(bytes.count), bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw CloudError(.invalidField, ["pointer": "/password", "reason": "a password is one line of 1 to 128 bytes"])
            }
            let arguments = Password(username: account, password: Data(bytes).base64EncodedString())
            return try text(Request(execute: "guest-set-user-password", arguments: arguments))
        }

        /// Leaves a note.
        static func leave(_ note: GuestNote) throws -> String {
            let input = Data(note.text.utf8).base64EncodedString()
            return try text(Request(execute: "guest-exec", arguments: Script(arg: ["-c", noteScript], input: input)))
        }

        /// What a template may name, the agent is told: it is a value in JSON, in no shell.
        private static func check(_ account: String) throws(CloudError) {
            guard AccessMethod.isAccount(account) else {
                throw CloudError(.invalidField, ["pointer": "/account", "reason": "“\(account)” is no account of a guest"])
            }
        }

        private static func text(_ request: Request<some Encodable>) throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(request), as: UTF8.self)
        }

        /// The answer of a command that returns nothing. Whatever else it returns is ignored.
        static func done(_ answer: String) throws { _ = try value(Nothing.self, of: answer) }

        /// The addresses in an answer: canonical, sorted, without loopback and unspecified ones, the first 64. Interfaces and addresses
        /// that are not as the reference says are left out.
        static func addresses(_ answer: String) throws -> [String] {
            let interfaces = try value([Lossy<Interface>].self, of: answer)
            let told = interfaces.lazy.compactMap(\.value).flatMap { $0.addresses ?? [] }.compactMap(\.value?.address)
            return Array(Set(told.compactMap(canonical)).sorted().prefix(mostAddresses))
        }

        private static func value<Value: Decodable>(_ type: Value.Type, of answer: String) throws -> Value {
            try JSONDecoder().decode(Answer<Value>.self, from: Data(answer.utf8)).value
        }

        private static func canonical(_ text: String) -> String? {
            if let address = IPv4Address(text) { return address.bytes[0] == 127 || address.number == 0 ? nil : address.description }
            let scopeless = text.prefix { $0 != "%" }
            guard let address = IPv6Address(String(scopeless)), address.groups.dropLast() != [0, 0, 0, 0, 0, 0, 0] else { return nil }
            return address.description
        }

        private struct Interface: Decodable {
            let addresses: [Lossy<Address>]?
            private enum CodingKeys: String, CodingKey { case addresses = "ip-addresses" }
        }
        private struct Address: Decodable {
            let address: String
            private enum CodingKeys: String, CodingKey { case address = "ip-address" }
        }
        /// A value, or nil where something else stands in its place.
        private struct Lossy<Value: Decodable>: Decodable {
            let value: Value?
            init(from decoder: any Decoder) throws {
                do { value = try Value(from: decoder) } catch is DecodingError { value = nil }
            }
        }
    }
#endif
