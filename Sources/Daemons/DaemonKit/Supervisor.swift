// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Glibc

/// Whoever started the daemon and wants to hear how it is: systemd, by datagrams (sd_notify(3)). Without it everything here does nothing.
public struct Supervisor: Sendable {
    /// What is said.
    public enum Word: Sendable {
        /// The daemon takes connections; also after a reload.
        case ready
        /// It reads its configuration again.
        case reloading
        /// It ends.
        case stopping
        /// It lives.
        case alive
        /// One line for people.
        case status(String)
    }

    private let address: String?
    /// How often it wants to hear that the daemon lives; nil for not at all.
    public let watchdog: Duration?

    /// The supervisor that an environment names (`NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`).
    public init(_ environment: [String: String], processID: Int32 = getpid()) {
        let socket = environment["NOTIFY_SOCKET"] ?? ""
        address = socket.hasPrefix("/") || socket.hasPrefix("@") && socket.utf8.count > 1 ? socket : nil
        let isMeant = environment["WATCHDOG_PID"].map { $0 == String(processID) } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdog = address != nil && isMeant && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// Says something. Throws `unavailable` where nobody listens at the socket that was named.
    public func tell(_ words: Word...) throws(CloudError) {
        guard let address else { return }
        let text = words.map(Self.line).joined(separator: "\n")
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Self.failure(address) }
        defer { close(socket) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        var path = Array(address.utf8)
        // A name that begins with @ is in the abstract space: its first byte is 0 (unix(7)).
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count < MemoryLayout.size(ofValue: name.sun_path) else { throw Self.failure(address) }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let sent = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                Array(text.utf8).withUnsafeBytes { sendto(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL), target, length) }
            }
        }
        guard sent == text.utf8.count else { throw Self.failure(address) }
    }

    private static func line(_ word: Word) -> String {
        switch word {
        case .ready: "READY=1"
        // With the moment, by which systemd tells this reload from an earlier one (sd_notify(3)).
        case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(SystemElapsed.monotonicMicroseconds())"
        case .stopping: "STOPPING=1"
        case .alive: "WATCHDOG=1"
        case .status(let text): "STATUS=\(LogEscape.line(text))"
        }
    }

    private static func failure(_ address: String) -> CloudError {
        CloudError(.unavailable, ["part": "NOTIFY_SOCKET"], detail: "\(address): \(String(cString: strerror(errno)))")
    }
}
