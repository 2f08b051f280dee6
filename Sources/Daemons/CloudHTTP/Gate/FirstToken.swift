// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudOperations

extension Cloud {
    /// A token of the person with a login, for themselves: how the administrator of a new site first gets in. Gives the token's text,
    /// which is nowhere kept. Throws `not-signed-in` where there is no such person.
    public func firstToken(of login: String, chance: (Int) -> [UInt8]) async throws -> String {
        let text = BearerToken.text(of: chance(BearerToken.length))
        let principal = try await principal(login: login)
        _ = try await createToken(hash: BearerToken.hash(of: text), of: principal.user, label: "first start", by: principal)
        return text
    }
}
