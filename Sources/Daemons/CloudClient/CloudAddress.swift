// SPDX-License-Identifier: Apache-2.0

/// Where a cloud's API answers: a web address, or a socket in the file system.
public enum CloudAddress: Hashable, Sendable, CustomStringConvertible {
    /// `http://HOST:PORT` or `https://HOST:PORT`, without a path and without a slash at the end.
    case web(String)
    /// The absolute path of a unix socket.
    case socket(String)

    /// The socket of a daemon that runs on this machine.
    public static let local = CloudAddress.socket("/run/lyceum/api.sock")

    /// The address that a text names: `http://127.0.0.1:8080`, `https://cloud.example`, `unix:/run/lyceum/api.sock`; nil otherwise.
    ///
    /// A path behind a web address is not an address of a cloud: the API's own path begins with `/v1`.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            let absolute = path.hasPrefix("//") ? path.dropFirst(2) : path
            guard absolute.hasPrefix("/"), absolute.count > 1 else { return nil }
            self = .socket(String(absolute))
            return
        }
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return nil }
        let authority = text.dropFirst(scheme.count)
        let host = authority.hasSuffix("/") ? authority.dropLast() : authority
        guard !host.isEmpty, !host.contains(where: { "/?#@ ".contains($0) }) else { return nil }
        self = .web(scheme + host)
    }

    /// As people write it.
    public var description: String {
        switch self {
        case .web(let address): address
        case .socket(let path): "unix:\(path)"
        }
    }

    /// The address with a path and query on it, as AsyncHTTPClient takes it: a socket's path is the percent-encoded host of
    /// `http+unix://`.
    func url(_ target: String) -> String {
        switch self {
        case .web(let address): address + target
        case .socket(let path): "http+unix://" + PercentCode.encoded(path) + target
        }
    }
}

/// Percent-encoding of everything but RFC 3986's unreserved characters.
enum PercentCode {
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}
