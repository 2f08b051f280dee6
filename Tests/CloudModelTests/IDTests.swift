// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Testing

@Suite struct IDTests {
    @Test func aForeignPrefixIsNoID() {
        #expect(ID<InstanceKind>("vm-abc") != nil)
        #expect(ID<InstanceKind>("disk-abc") == nil)
        #expect(ID<InstanceKind>("vm-ABC") == nil)
        #expect(ID<InstanceKind>("vm-") == nil)
        #expect(ID<InstanceKind>("vm-../../etc") == nil)
    }
}
