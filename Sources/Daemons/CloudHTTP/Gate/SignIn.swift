// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations

/// How callers are recognised: a bearer token, or the account at the other end of a unix socket.
public struct SignIn: Sendable {
    /// The login of the person that a local account stands for; nil where the account may not come in.
    public let login: @Sendable (_ userID: UInt32) -> String?

    /// A way in for accounts of this machine; by default there is none.
    public init(login: @escaping @Sendable (_ userID: UInt32) -> String? = { _ in nil }) { self.login = login }

    /// Who sent a call; nil where nothing of it says so. Throws `not-signed-in` or `token-expired` where what it says is not valid: a
    /// wrong token is never overlooked in favour of the socket.
    func caller(of call: Call, in cloud: Cloud) async throws -> Cloud.SignedIn? {
        if let header = call.fields["Authorization"] {
            let parts = header.split(separator: " ")
            // Of two headers a proxy in front might have read the other one.
            guard call.fields.count(of: "Authorization") == 1, parts.count == 2, parts[0].lowercased() == "bearer",
                parts[1].utf8.count <= 200
            else { throw CloudError(.notSignedIn) }
            return try await cloud.authenticate(tokenHash: BearerToken.hash(of: String(parts[1])))
        }
        guard case .account(let userID) = call.peer, let login = login(userID) else { return nil }
        return Cloud.SignedIn(try await cloud.principal(login: login))
    }
}
