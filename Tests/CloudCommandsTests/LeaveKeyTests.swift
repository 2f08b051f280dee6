// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CloudCommands

@Suite struct LeaveKeyTests {
    @Test func theKeyAndWhatFollowsItNeverReachTheGuest() {
        #expect(LeaveKey.cut(Array("ls\r".utf8)) == (Array("ls\r".utf8), false))
        #expect(LeaveKey.cut([0x61, 0x1D, 0x62]) == ([0x61], true))
        #expect(LeaveKey.cut([0x1D]) == ([], true))
        #expect(LeaveKey.cut([]) == ([], false))
    }
}
