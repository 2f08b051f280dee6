// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What live tests know of the host on which they run.
enum LiveHost {
    /// Whether real parts may be used: LYCEUM_LIVE=1, as `make test` sets it where the host can.
    static let isThere = ProcessInfo.processInfo.environment["LYCEUM_LIVE"] == "1"
    /// Whether this is a make-believe host of `Scripts/private-host`, where mounts and bridges are nobody else's.
    static let isPrivate = isThere && ProcessInfo.processInfo.environment["LYCEUM_PRIVATE_HOST"] == "1"
    /// The tiny guest's image, as Examples/GuestImages/tiny builds it; nil where nobody did.
    static let tinyImage = ProcessInfo.processInfo.environment["LYCEUM_TINY_IMAGE"]
    /// A cloud image of Debian, as Examples/GuestImages/debian builds it; nil where nobody did.
    static let debianImage = ProcessInfo.processInfo.environment["LYCEUM_DEBIAN_IMAGE"]
}
