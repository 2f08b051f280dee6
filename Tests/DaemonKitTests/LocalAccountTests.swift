// SPDX-License-Identifier: Apache-2.0

import DaemonKit
import Foundation
import Testing

@Suite struct LocalAccountTests {
    @Test func rootIsRootAndInItsGroup() {
        let root = LocalAccount(userID: 0)
        #expect(root.isRoot && root.login == "root" && root.belongs(to: "root"))
        #expect(!root.belongs(to: "no-such-group-anywhere"))
    }

    @Test func anUnknownAccountHasNoNameAndNoGroup() {
        let stranger = LocalAccount(userID: 4_000_000_001)
        #expect(stranger.login == nil && !stranger.isRoot && !stranger.belongs(to: "root"))
    }
}
