// SPDX-License-Identifier: Apache-2.0

public import CloudAPI

/// Why a call gave no answer that can be used.
public enum ClientError: Error, Hashable, Sendable {
    /// The cloud refused, in its own words.
    case problem(Problem)
    /// Nobody answers at the address, or the connection was lost again and again.
    case unreachable(address: String, reason: String)
    /// Something answers that does not speak this API: a proxy, another service, a broken body.
    case unexpected(status: Int, reason: String)
}

extension ClientError: CustomStringConvertible {
    /// For logs.
    public var description: String {
        switch self {
        case .problem(let problem): "\(problem.code): \(problem.detail)"
        case .unreachable(let address, let reason): "\(address) cannot be reached: \(reason)"
        case .unexpected(let status, let reason): "unexpected answer with status \(status): \(reason)"
        }
    }
}
