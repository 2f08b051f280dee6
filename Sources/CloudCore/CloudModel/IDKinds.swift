// SPDX-License-Identifier: Apache-2.0

/// What an ``ID`` names. One alphabetical list, so that a prefix is given once.
public protocol IDKind: Sendable {
    /// The lower-case letters before the dash.
    static var prefix: String { get }
}

/// A record of what was done or seen.
public enum ActivityKind: IDKind {
    /// `act-…`
    public static let prefix = "act"
}
/// A machine's disk, and perhaps its memory, as they were at a moment.
public enum CheckpointKind: IDKind {
    /// `chk-…`
    public static let prefix = "chk"
}
/// A virtual disk.
public enum DiskKind: IDKind {
    /// `disk-…`
    public static let prefix = "disk"
}
/// A public port forwarded to a port of an instance.
public enum ForwardedPortKind: IDKind {
    /// `fwd-…`
    public static let prefix = "fwd"
}
/// A level granted on an object.
public enum GrantKind: IDKind {
    /// `grant-…`
    public static let prefix = "grant"
}
/// A course, a lab, a team, or the group of one person.
public enum GroupKind: IDKind {
    /// `grp-…`
    public static let prefix = "grp"
}
/// A machine that runs instances.
public enum HostKind: IDKind {
    /// `host-…`
    public static let prefix = "host"
}
/// Immutable bytes of a disk.
public enum ImageKind: IDKind {
    /// `img-…`
    public static let prefix = "img"
}
/// A virtual machine.
public enum InstanceKind: IDKind {
    /// `vm-…`
    public static let prefix = "vm"
}
/// Two intervals of a lease.
public enum LeasePolicyKind: IDKind {
    /// `lease-…`
    public static let prefix = "lease"
}
/// A virtual network.
public enum NetworkKind: IDKind {
    /// `net-…`
    public static let prefix = "net"
}
/// Something that somebody is to be told.
public enum NoticeKind: IDKind {
    /// `notice-…`
    public static let prefix = "notice"
}
/// One run of an operation.
public enum OperationKind: IDKind {
    /// `op-…`
    public static let prefix = "op"
}
/// The attachment of an instance to a network.
public enum PortKind: IDKind {
    /// `port-…`
    public static let prefix = "port"
}
/// A place that keeps images and disks.
public enum StoreKind: IDKind {
    /// `store-…`
    public static let prefix = "store"
}
/// What instances are made from.
public enum TemplateKind: IDKind {
    /// `tmpl-…`
    public static let prefix = "tmpl"
}
/// A bearer token.
public enum TokenKind: IDKind {
    /// `tok-…`
    public static let prefix = "tok"
}
/// Bytes that were sent and are not yet an image.
public enum UploadKind: IDKind {
    /// `up-…`
    public static let prefix = "up"
}
/// A person.
public enum UserKind: IDKind {
    /// `user-…`
    public static let prefix = "user"
}
