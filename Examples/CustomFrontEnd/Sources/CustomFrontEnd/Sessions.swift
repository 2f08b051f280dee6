// SPDX-License-Identifier: Apache-2.0
#if Daemons
    /// Who is signed in: the tokens of the API, by a text of chance that the browser has instead. In memory only: after a restart people
    /// sign in again.
    actor Sessions {
        private var tokens: [String: String] = [:]

        /// The text for a token that the cloud has accepted.
        func begin(_ token: String) -> String {
            var chance = SystemRandomNumberGenerator()
            let text = (0..<4).map { _ in String(chance.next() | 1 << 63, radix: 36) }.joined()
            tokens[text] = token
            return text
        }

        /// The token behind a text; nil where nobody is signed in by it.
        func token(of text: String?) -> String? { text.flatMap { tokens[$0] } }

        /// Forgets it.
        func end(_ text: String?) { if let text { tokens[text] = nil } }
    }
#endif
