// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudClient
    import CloudModel

    extension Session {
        /// The person that is named; the caller where nobody is.
        func person(_ text: String?) async throws -> ID<UserKind> {
            if let text { return try await names.user(text) }
            guard let caller = try await client.discover().value.user else {
                throw CommandFailure.usage("you are not signed in, so “you” is nobody", next: "set LYCEUM_TOKEN, or name a person")
            }
            return caller.id
        }
    }
#endif
