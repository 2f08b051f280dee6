// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabric

extension NetFabricContract {
    static let portChecks: [Check] = [
        Check(rule: "a port is there, filtered, after ensure and gone after remove") { contract in
            let (fabric, port) = (contract.fabric, try contract.port(0))
            try await contract.expect(port, present: false)
            try await fabric.ensure(port, contract.command("a", "port"))
            try await contract.expect(port, present: true)
            let full = try await fabric.inventory()
            try contract.require(
                full.devices.contains(port.device) && full.filtered.contains(port.device) && !full.broken.contains(port.device),
                "the inventory shows a port", "\(full)")
            try await fabric.remove(port, contract.command("a", "unport"))
            try await contract.expect(port, present: false)
        },
        Check(rule: "a repeat of ensure or remove is harmless") { contract in
            let (fabric, port) = (contract.fabric, try contract.port(1))
            try await fabric.remove(port, contract.command("b", "never made"))
            for step in ["one", "one", "two"] {
                try await fabric.ensure(port, contract.command("b", step))
                try await contract.expect(port, present: true)
            }
            for step in ["off", "off", "off again"] {
                try await fabric.remove(port, contract.command("b", step))
                try await contract.expect(port, present: false)
            }
        },
        Check(rule: "a duplicate that was delayed beyond the removal makes nothing") { contract in
            let (fabric, port) = (contract.fabric, try contract.port(2))
            try await fabric.ensure(port, contract.command("c", "port"))
            try await fabric.remove(port, contract.command("c", "unport"))
            try await fabric.ensure(port, contract.command("c", "port"))
            try await contract.expect(port, present: false)
        },
        Check(rule: "what a run has undone does not come back with what of it was on its way") { contract in
            let (fabric, port) = (contract.fabric, try contract.port(5))
            try await fabric.remove(port, contract.command("n", "port/undo"))
            try await contract.requireRefusal(.fenceStale, "the first command comes behind its undo") {
                try await fabric.ensure(port, contract.command("n", "port"))
            }
            try await contract.expect(port, present: false)
            try await fabric.ensure(port, contract.command("o", "port"))
            try await contract.expect(port, present: true)
            try await fabric.remove(port, contract.command("o", "port/undo"))
        },
        Check(rule: "a command under an older fence is refused and changes nothing") { contract in
            let (fabric, port) = (contract.fabric, try contract.port(3))
            try await fabric.ensure(port, contract.command("d", "port", fence: 7))
            try await contract.requireRefusal(.fenceStale, "an older fence is refused") {
                try await fabric.remove(port, contract.command("e", "unport", fence: 6))
            }
            try await contract.expect(port, present: true)
            try await fabric.remove(port, contract.command("f", "unport", fence: 8))
            try await contract.requireRefusal(.fenceStale, "a removed port remembers its fence") {
                try await fabric.ensure(port, contract.command("d", "late", fence: 7))
            }
            try await contract.expect(port, present: false)
        },
        Check(rule: "what is gone stays gone while other ports go") { contract in
            let (fabric, port) = (contract.fabric, try contract.port(6))
            try await fabric.ensure(port, contract.command("j", "port", fence: 7))
            try await fabric.remove(port, contract.command("j", "unport", fence: 7))
            for round in 0..<3 {
                for number in 0..<6 {
                    try await fabric.remove(try contract.port(number), contract.command("k", "round \(round)", fence: 9))
                }
            }
            try await contract.requireRefusal(.fenceStale, "a removed port remembers its fence") {
                try await fabric.ensure(port, contract.command("l", "late", fence: 6))
            }
            try await fabric.ensure(port, contract.command("j", "port", fence: 7))
            try await contract.expect(port, present: false)
            try await fabric.ensure(port, contract.command("m", "port", fence: 8))
            try await contract.expect(port, present: true)
        },
        Check(rule: "a port that no machine can have is refused and nothing is made") { contract in
            let (fabric, port) = (contract.fabric, try contract.port(4, mac: MACAddress(number: 0x0100_5E00_0001)))
            try await contract.requireRefusal(.invalidField, "a group address is no guest's MAC") {
                try await fabric.ensure(port, contract.command("g", "port"))
            }
            let left = try await fabric.inventory()
            try contract.require(!left.devices.contains(port.device), "a refused port leaves nothing", "\(left)")
        },
        Check(rule: "a port is observed as asked, not as it was, and ensure moves the filter") { contract in
            let (fabric, old) = (contract.fabric, try contract.port(5))
            let new = try contract.port(5, mac: MACAddress(number: 0x0200_DEAD_BEEF))
            try await fabric.ensure(old, contract.command("h", "port"))
            try await contract.expect(new, present: false)
            try await fabric.ensure(new, contract.command("h", "port anew"))
            try await contract.expect(new, present: true)
            try await contract.expect(old, present: false)
        },
        Check(rule: "ports made at the same time are all there") { contract in
            let fabric = contract.fabric
            let ports = try (0..<8).map { try contract.port($0) }
            try await withThrowingTaskGroup { group in
                for port in ports {
                    group.addTask { try await fabric.ensure(port, contract.command("i", "port \(port.id)", fence: 100)) }
                }
                try await group.waitForAll()
            }
            for port in ports { try await contract.expect(port, present: true) }
            try await fabric.remove(ports[0], contract.command("i", "unport", fence: 100))
            for port in ports { try await contract.expect(port, present: port.id != ports[0].id) }
        },
    ]

    func expect(_ port: FabricPort, present: Bool) async throws {
        let evidence = try await fabric.observe(port)
        try require(evidence == (present ? .present(port) : .absent), "\(port.device) is \(present ? "" : "not ")there", "\(evidence)")
    }
}
