// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum user`
    struct UserGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "user", abstract: "People and their tokens.",
            subcommands: [UserAdd.self, UserList.self, UserShow.self, UserToken.self, UserTokens.self, UserRevoke.self])
    }
#endif
