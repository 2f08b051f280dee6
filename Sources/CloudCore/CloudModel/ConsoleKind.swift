// SPDX-License-Identifier: Apache-2.0

/// By which of its two consoles a machine is reached.
public enum ConsoleKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its screen, keyboard and mouse: the bytes are RFB, the protocol of VNC (RFC 6143).
    case display
    /// Its first serial line: the bytes are what the guest writes and reads.
    case serial
}
