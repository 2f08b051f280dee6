// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// One OpenFlow rule, spelled as `ovs-ofctl` both reads and prints it, so that what is on a switch can be compared with what is due.
public struct SwitchFlow: Hashable, Sendable {
    /// Whose rule: the port's or network's mark, or ``base``.
    public let cookie: UInt64
    /// The table.
    public let table: Int
    /// Higher comes first.
    public let priority: Int
    /// The match's fields, sorted; `field` or `field=value`.
    public let match: [String]
    /// What is done.
    public let action: String

    /// A rule.
    public init(cookie: UInt64, table: Int, priority: Int, _ match: [String], _ action: String) {
        self.cookie = cookie
        self.table = table
        self.priority = priority
        self.match = match.sorted()
        self.action = action
    }

    /// A line for `ovs-ofctl --bundle add-flows`.
    public var line: String {
        let fields = ["cookie=0x\(String(cookie, radix: 16))", "table=\(table)", "priority=\(priority)"] + match
        return "add \(fields.joined(separator: ",")),actions=\(action)"
    }

    /// Reads a line of ours or of `ovs-ofctl dump-flows --no-stats --no-names`; nil for anything else.
    public init?(_ line: some StringProtocol) {
        let text = line.drop { $0 == " " }
        guard let cut = text.firstRange(of: "actions=") else { return nil }
        var fields: [String: String] = [:]
        var match: [String] = []
        let head = text[..<cut.lowerBound].dropFirst(text.hasPrefix("add ") ? 4 : 0)
        for field in head.split(whereSeparator: { $0 == "," || $0 == " " }) {
            let pair = field.split(separator: "=", maxSplits: 1)
            if pair.count == 2, ["cookie", "table", "priority"].contains(pair[0]) {
                fields[String(pair[0])] = String(pair[1])
            } else if field != "reset_counts" {
                match.append(String(field))
            }
        }
        guard let mark = fields["cookie"], mark.hasPrefix("0x"), let cookie = UInt64(mark.dropFirst(2), radix: 16),
            let table = Int(fields["table"] ?? "0"), let priority = Int(fields["priority"] ?? "32768")
        else { return nil }
        self.init(cookie: cookie, table: table, priority: priority, match, String(text[cut.upperBound...]))
    }

    /// The mark of what belongs to no port and no network.
    public static let base: UInt64 = 0x4C79_6365_756D_0000
    /// The mark of an id's rules: FNV-1a, 64 bit, of its text.
    public static func cookie(of id: String) -> UInt64 {
        FNV1a.hash(id)
    }

    /// The tables of the bridge.
    public enum Table {
        /// Where every frame begins: sorts by port.
        public static let entry = 0
        /// What a guest sends.
        public static let guest = 10
        /// What a guest sends by IPv6, once its neighbour discovery is judged.
        public static let guestIPv6 = 11
        /// What may pass: the switch learns and forwards within the VLAN.
        public static let forward = 20
    }

    /// The rules without which nothing passes and drops are not counted. On a fail-secure bridge they change nothing that an empty
    /// table did not do, save that what reaches ``Table/forward`` is forwarded.
    public static let baseFlows: [SwitchFlow] = [
        SwitchFlow(cookie: base, table: Table.entry, priority: 0, [], "drop"),
        SwitchFlow(cookie: base, table: Table.guest, priority: 0, [], "drop"),
        SwitchFlow(cookie: base, table: Table.guestIPv6, priority: 0, [], "drop"),
        SwitchFlow(cookie: base, table: Table.forward, priority: 0, [], "NORMAL"),
    ]

    /// The text that makes a switch's rules under one mark these and no others, in one bundle: atomically. Rules that an earlier
    /// owner of the switch's port number left behind go in the same bundle.
    public static func replacement(cookie: UInt64, number: Int, with flows: [SwitchFlow]) -> String {
        let lines = ["delete in_port=\(number)", "delete cookie=0x\(String(cookie, radix: 16))/-1"] + (baseFlows + flows).map(\.line)
        return lines.joined(separator: "\n") + "\n"
    }
}
