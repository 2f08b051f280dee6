// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabric
import Testing

@Suite struct SwitchFlowTests {
    @Test func theRulesOfAPortAreTheGoldenOnes() throws {
        let port = try Samples.port(1, of: Samples.network())
        let text = SwitchFlow.replacement(cookie: port.cookie, number: 206, with: port.flows(number: 206))
        #expect(try text == Samples.golden("port.flows", text))
    }

    // Generating again gives the same bytes (I6), and what was written is read back as the same rules.
    @Test(arguments: 0..<50)
    func textAndRulesAreOne(seed: Int) throws {
        let network = try Samples.network("10.0.0.0/16", prefix: seed % 2 == 0 ? nil : "fd00:1:2:3::")
        let port = try Samples.port(seed, of: network)
        let flows = port.flows(number: 1024 + seed)
        let text = SwitchFlow.replacement(cookie: port.cookie, number: 1024 + seed, with: flows)
        #expect(text == SwitchFlow.replacement(cookie: port.cookie, number: 1024 + seed, with: port.flows(number: 1024 + seed)))
        let read = text.split(separator: "\n").dropFirst(2).map { SwitchFlow($0) }
        #expect(read == SwitchFlow.baseFlows + flows)
        #expect(Set(flows).count == flows.count)
    }

    // Every rule of a port names its port; whatever lets a frame through names its MAC as well.
    @Test func noRuleOfAPortReachesOthers() throws {
        let port = try Samples.port(2, of: Samples.network())
        for flow in port.flows(number: 77) {
            #expect(flow.match.contains("in_port=77"))
            #expect(flow.cookie == port.cookie)
            if flow.action == "resubmit(,20)" { #expect(flow.match.contains("dl_src=\(port.mac)")) }
        }
    }

    @Test func whatTheSwitchPrintsIsRead() {
        let flow = SwitchFlow(" cookie=0x4c796365756d0000, table=10, priority=190,udp,in_port=5,tp_src=67 actions=drop")
        #expect(
            flow
                == SwitchFlow(cookie: SwitchFlow.base, table: 10, priority: 190, ["udp", "tp_src=67", "in_port=5"], "drop"))
        #expect(SwitchFlow("NXST_FLOW reply (xid=0x4):") == nil)
    }

    @Test func marksOfPortsDiffer() throws {
        let network = try Samples.network("10.0.0.0/16")
        let marks = try (0..<5000).map { try Samples.port($0, of: network, label: "p\($0)").cookie }
        #expect(Set(marks).count == 5000)
        #expect(!marks.contains(SwitchFlow.base))
    }
}
