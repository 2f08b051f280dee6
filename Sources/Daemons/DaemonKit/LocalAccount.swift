// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An account of this machine, as the other end of a unix socket has it.
public struct LocalAccount: Hashable, Sendable {
    /// The user id.
    public let userID: UInt32
    /// The login name; nil where the machine knows none.
    public let login: String?
    /// Whether it is root.
    public var isRoot: Bool { userID == 0 }

    /// An account.
    public init(userID: UInt32, login: String?) {
        self.userID = userID
        self.login = login
    }

    /// The account of a user id, by the machine's name service.
    public init(userID: UInt32) {
        self.init(userID: userID, login: Self.entry(userID)?.login)
    }

    /// Whether the account is in a group, as its primary or a further one; false where the machine knows no such group.
    public func belongs(to group: String) -> Bool {
        guard let entry = Self.entry(userID), let wanted = Self.groupID(group) else { return false }
        var count: Int32 = 1024
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(entry.login, entry.primaryGroup, &groups, &count) >= 0 else { return false }
        return groups.prefix(Int(count)).contains(wanted)
    }

    /// The id of a group; nil where the machine knows none of that name.
    public static func groupID(_ name: String) -> UInt32? {
        var group = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: 1 << 16)
        guard getgrnam_r(name, &group, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return group.gr_gid
    }

    private static func entry(_ userID: UInt32) -> (login: String, primaryGroup: gid_t)? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 1 << 14)
        guard getpwuid_r(userID, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else { return nil }
        return (String(cString: name), entry.pw_gid)
    }
}
