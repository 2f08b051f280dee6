// SPDX-License-Identifier: Apache-2.0

/// The key by which somebody at a terminal leaves a console: Ctrl-], as in telnet and virsh. It never reaches the guest.
enum LeaveKey {
    static let byte: UInt8 = 0x1D

    /// What stands before the key, and whether the key was pressed.
    static func cut(_ bytes: [UInt8]) -> (before: [UInt8], leaves: Bool) {
        guard let place = bytes.firstIndex(of: byte) else { return (bytes, false) }
        return (Array(bytes[..<place]), true)
    }
}
