// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabric

extension NetFabricContract {
    static let networkChecks: [Check] = [
        Check(rule: "the switch answers, and tells so") { contract in
            let checks = try await contract.fabric.health()
            try contract.require(
                checks.contains { $0.check == .switching && $0.grade == .fine }, "a switch that answers is in order", "\(checks)")
        },
        Check(rule: "a network is served after apply and gone after remove") { contract in
            let (fabric, port) = (contract.fabric, try contract.port(0))
            let forward = contract.forward(0, to: port)
            let picture = try contract.picture(3, ports: [port], forwards: [forward])
            try await contract.expect(0, nil)
            let serial = try await fabric.apply(picture, contract.command("n", "apply"))
            try contract.require(serial == 3, "apply answers with the serial in force", "\(serial)")
            try await contract.expect(0, 3)
            try await contract.expect(0, macs: [port.mac], forwards: [forward])
            try await fabric.remove(picture.network.id, contract.command("n", "remove"))
            try await contract.expect(0, nil)
            try await contract.expect(0, macs: [], forwards: [])
            try await fabric.remove(picture.network.id, contract.command("n", "remove again"))
        },
        Check(rule: "a newer picture replaces all of the older one; an older one changes nothing and is no error") { contract in
            let fabric = contract.fabric
            let (one, two) = (try contract.port(1), try contract.port(2))
            let forwards = [contract.forward(2, to: one), contract.forward(3, to: one)]
            let old = try contract.picture(10, ports: [one], forwards: forwards)
            let new = try contract.picture(11, ports: [two], forwards: [contract.forward(2, to: two)])
            _ = try await fabric.apply(old, contract.command("o", "old"))
            _ = try await fabric.apply(new, contract.command("p", "new"))
            try await contract.expect(0, macs: [two.mac], forwards: new.forwards)
            let serial = try await fabric.apply(old, contract.command("q", "late"))
            try contract.require(serial == 11, "an older picture answers with the newer serial", "\(serial)")
            try await contract.expect(0, 11)
            try await contract.expect(0, macs: [two.mac], forwards: new.forwards)
        },
        Check(rule: "the same picture again, by the same or another run, changes nothing") { contract in
            let fabric = contract.fabric
            let picture = try contract.picture(5, ports: [try contract.port(3)])
            for (run, step) in [("r", "apply"), ("r", "apply"), ("r", "once more"), ("s", "apply")] {
                let serial = try await fabric.apply(picture, contract.command(run, step))
                try contract.require(serial == 5, "a repeat answers with the serial in force", "\(serial)")
                try await contract.expect(0, 5)
            }
        },
        Check(rule: "a step that is repeated with later records applies them; a duplicate beyond the removal makes nothing") { contract in
            let (fabric, port) = (contract.fabric, try contract.port(4))
            let (first, second) = (try contract.picture(20), try contract.picture(21, ports: [port]))
            _ = try await fabric.apply(first, contract.command("t", "apply"))
            let serial = try await fabric.apply(second, contract.command("t", "apply"))
            try contract.require(serial == 21, "later records are applied", "\(serial)")
            try await contract.expect(0, macs: [port.mac], forwards: [])
            try await fabric.remove(first.network.id, contract.command("t", "remove"))
            _ = try await fabric.apply(second, contract.command("t", "apply"))
            try await contract.expect(0, nil)
            _ = try await fabric.apply(second, contract.command("u", "apply"))
            try await contract.expect(0, 21)
        },
        Check(rule: "runs with unrelated fences change one network, each with its newer picture") { contract in
            let fabric = contract.fabric
            _ = try await fabric.apply(contract.picture(30), contract.command("v", "apply", fence: 9))
            _ = try await fabric.apply(contract.picture(31), contract.command("w", "apply", fence: 1))
            try await contract.expect(0, 31)
        },
        Check(rule: "one bad entry is left out and the others are served") { contract in
            let fabric = contract.fabric
            let (good, twin) = (try contract.port(5), try contract.port(6, mac: try contract.port(5).mac))
            let away = FabricForward(transport: .tcp, publicPort: 30_299, target: IPv4Address(number: 0x0808_0808), targetPort: 22)
            let picture = try contract.picture(40, ports: [good, twin], forwards: [contract.forward(4, to: good), away])
            _ = try await fabric.apply(picture, contract.command("x", "apply"))
            try await contract.expect(0, 40)
            try await contract.expect(0, macs: [good.mac], forwards: [contract.forward(4, to: good)])
        },
        Check(rule: "a network that cannot be is refused and nothing of it is made") { contract in
            let (fabric, sound) = (contract.fabric, try contract.network(0))
            for (vlan, domain) in [(0, "lab.test"), (4095, "lab.test"), (sound.vlan, "lab.test\ndhcp-script=/x"), (sound.vlan, "")] {
                let network = FabricNetwork(
                    id: sound.id, vlan: vlan, ipv4: sound.ipv4, gateway: sound.gateway, ipv6Prefix: nil, domain: domain)
                try await contract.requireRefusal(.invalidField, "VLAN \(vlan) with domain \(domain) is refused") {
                    let picture = NetworkPicture(serial: 50, network: network, ports: [], forwards: [])
                    _ = try await fabric.apply(picture, contract.command("y", "apply \(vlan) \(domain)"))
                }
            }
            try await contract.expect(0, nil)
        },
        Check(rule: "networks do not disturb each other") { contract in
            let (fabric, port) = (contract.fabric, try contract.port(7))
            let pictures = [try contract.picture(60, ports: [port]), try contract.picture(1, of: 1)]
            try await withThrowingTaskGroup { group in
                for picture in pictures {
                    group.addTask { _ = try await fabric.apply(picture, contract.command("z", "apply \(picture.network.id)")) }
                }
                try await group.waitForAll()
            }
            try await contract.expect(0, 60)
            try await contract.expect(1, 1)
            try await fabric.remove(pictures[0].network.id, contract.command("z", "remove"))
            try await contract.expect(0, nil)
            try await contract.expect(1, 1)
        },
    ]

    func expect(_ number: Int, _ serial: Int64?) async throws {
        let evidence = try await fabric.observe(network(number).id)
        let expected = serial.map { Evidence.present(AppliedNetwork(serial: $0, intact: true)) } ?? .absent
        try require(evidence == expected, "network \(number) is \(serial.map { "served at serial \($0)" } ?? "absent")", "\(evidence)")
    }

    /// Only what bears the numbers of this contract is looked at: others may have entries on the same host.
    func expect(_ number: Int, macs: [MACAddress], forwards: [FabricForward]) async throws {
        let contents = try await fabric.inventory()
        let network = try network(number)
        let ours = try Set((0..<8).map { try port($0).mac })
        let seen = contents.forwards.filter { network.ipv4.contains($0.target) || (30_200...30_299).contains($0.publicPort) }
        try require(contents.dhcpHosts.filter(ours.contains) == macs.sorted(), "the DHCP entries are the ports'", "\(contents.dhcpHosts)")
        try require(seen == forwards.inOrder, "the forwarded ports are the records'", "\(seen)")
    }
}
