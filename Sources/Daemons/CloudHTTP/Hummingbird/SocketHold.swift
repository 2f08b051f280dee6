// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Glibc

/// The right to make a unix socket at a path, and to remove it at the end. The lock beside it goes with this value, and with a killed
/// process, so of two daemons that begin at once one is refused; and whoever has it removes no other's socket.
final class SocketHold: Sendable {
    private let file: Int32

    /// Takes a path. A socket that nobody listens at is replaced later, by whoever listens. Throws `unavailable` where somebody does, or
    /// something else is there.
    init(_ path: String) throws {
        func refused(_ detail: String) -> CloudError { CloudError(.unavailable, ["part": path], detail: detail) }
        file = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw refused("its lock cannot be opened: \(String(cString: strerror(errno)))") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else { throw refused("another daemon listens there") }
        guard FileManager.default.fileExists(atPath: path) else { return }
        let type = try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
        guard type == .typeSocket else { throw refused("there is a file that is no socket") }
        guard !Self.answers(path) else { throw refused("another program listens there") }
    }

    deinit { if file >= 0 { close(file) } }

    /// Whether somebody listens: one who is too busy to accept at once (EAGAIN) does, and one who may not be asked (EACCES) may.
    private static func answers(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let caller = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard caller >= 0 else { return true }
        defer { close(caller) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(caller, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        return result == 0 || (errno != ECONNREFUSED && errno != ENOENT)
    }
}
