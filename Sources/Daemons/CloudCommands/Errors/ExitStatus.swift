// SPDX-License-Identifier: Apache-2.0

import CloudAPI

/// The exit statuses of the command line, as `lyceum --help` lists them. They are relied on by scripts and never change.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case failed = 1
    case usage = 2
    case notFound = 3
    case denied = 4
    case conflict = 5
    case unreachable = 6

    /// From what is the least to what is the worst: the status of a command over several things is that of the worst.
    static let fromLeastToWorst: [ExitStatus] = [.done, .usage, .conflict, .notFound, .denied, .failed, .unreachable]

    /// The status for a refusal: by its HTTP status, but a value that the API does not take came from the command line.
    init(_ problem: Problem) {
        switch (problem.code, problem.status) {
        case ("invalid-field", _), ("malformed-request", _), ("public-port-outside", _): self = .usage
        case (_, 401), (_, 403): self = .denied
        case (_, 404), (_, 410): self = .notFound
        case (_, 409), (_, 412), (_, 428): self = .conflict
        default: self = .failed
        }
    }
}
