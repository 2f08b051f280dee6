// SPDX-License-Identifier: Apache-2.0

/// What the bytes of an image are. Stated once, stored, and never guessed again: a guest can write any header into its disk.
public enum ImageFormat: String, Hashable, Sendable, Codable, CaseIterable {
    /// QEMU's copy-on-write format, version 2 or 3.
    case qcow2
    /// The disk's bytes themselves.
    case raw
}

/// A transport protocol with ports.
public enum Transport: String, Hashable, Sendable, Codable, CaseIterable {
    /// RFC 9293.
    case tcp
    /// RFC 768.
    case udp
}
