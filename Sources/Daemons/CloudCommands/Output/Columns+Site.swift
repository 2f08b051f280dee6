// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudModel

    extension Columns {
        static let network: [Column<NetworkBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("name") { Cell($0.name) },
            Column("ipv4") { Cell($0.ipv4) },
            Column("gateway") { Cell($0.gateway) },
            Column("domain") { Cell($0.domain) },
            Column("vlan") { Cell($0.vlan) },
            Column("ipv6 prefix", inList: false) { Cell($0.ipv6Prefix) },
            Column("public ports", inList: false) { Cell("\($0.firstPublicPort)-\($0.lastPublicPort)") },
            Column("owner", inList: false) { Cell($0.owner.text) },
            Column("group", inList: false) { Cell($0.group.text) },
        ]

        static let consoleTicket: [Column<ConsoleTicketBody>] = [
            Column("kind") { Cell($0.kind) },
            Column("ticket") { Cell($0.ticket) },
            Column("path") { Cell($0.path) },
            Column("subprotocol") { Cell($0.subprotocol) },
            Column("expires") { Cell($0.expiresAt.description) },
        ]

        static let leasePolicy: [Column<LeasePolicyBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("name") { Cell($0.name) },
            Column("suspend after") { after($0.suspendAfter) },
            Column("destroy after") { after($0.destroyAfter) },
            Column("owner", inList: false) { Cell($0.owner.text) },
        ]

        /// `5 h`, `7 d`, `never`.
        private static func after(_ seconds: Int64?) -> Cell {
            guard let seconds else { return Cell("never") }
            let (count, unit) =
                seconds % 86_400 == 0 ? (seconds / 86_400, "d") : seconds % 3600 == 0 ? (seconds / 3600, "h") : (seconds, "s")
            return Cell("\(count) \(unit)", plain: String(seconds))
        }

        static let alarm: [Column<AlarmBody>] = [
            Column("id") { Cell($0.id) },
            Column("code") { Cell($0.code) },
            Column("since") { Cell($0.since.description) },
            Column("figures") { Cell(joined($0.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })) },
        ]

        static let notice: [Column<NoticeBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("instance") { Cell($0.name) },
            Column("code") { Cell($0.code) },
            Column("date") { Cell($0.date.description) },
            Column("renewal") { Cell($0.renewal) },
            Column("queued", inList: false) { Cell($0.queuedAt.description) },
        ]

        static let host: [Column<HostBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("name") { Cell($0.name) },
            Column("state") { Cell($0.state) },
            Column("reachable") { Cell($0.reachable) },
            Column("cpus") { Cell($0.cpus.map(String.init)) },
            Column("memory") { $0.memory.map(size) ?? Cell(nil) },
            Column("free disk") { $0.freeDisk.map(size) ?? Cell(nil) },
            Column("seen") { Cell($0.seenAt?.description) },
            Column("reserve", inList: false) { size($0.reserve) },
            Column("cpu ratio", inList: false) { Cell($0.cpuRatio) },
        ]

        static let group: [Column<GroupBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("name") { Cell($0.name) },
            Column("owner") { Cell($0.owner.text) },
        ]

        static let user: [Column<UserBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("login") { Cell($0.login) },
            Column("name") { Cell($0.name) },
            Column("role") { Cell($0.role) },
            Column("keys") { Cell($0.keys.count) },
            Column("personal group", inList: false) { Cell($0.personalGroup.text) },
        ]

        static let accessToken: [Column<AccessTokenBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("label") { Cell($0.label) },
            Column("created") { Cell($0.createdAt.description) },
            Column("expires") { Cell($0.expiresAt?.description) },
            Column("user", inList: false) { Cell($0.user.text) },
        ]

        static let operation: [Column<OperationBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("verb") { Cell($0.verb) },
            Column("object") { Cell($0.object) },
            Column("state") { Cell($0.state) },
            Column("percent") { Cell($0.percent) },
            Column("failure") { Cell(($0.failure ?? $0.stuck?.problem)?.detail) },
            Column("waiting for", inList: false) { Cell($0.waitingFor) },
            Column("principal", inList: false) { Cell($0.principal?.text) },
            Column("parent", inList: false) { Cell($0.parent?.text) },
            Column("steps", inList: false) { Cell(joined($0.steps.map { "\($0.name) (\($0.kind))" })) },
            Column("stuck at", inList: false) {
                Cell($0.stuck.map { "\($0.step)" + ($0.undoing ? ", taking it back" : "") + ", tried \($0.attempts) times" })
            },
            Column("what to do", inList: false) { Cell(($0.failure ?? $0.stuck?.problem)?.next) },
            Column("objects", inList: false) { Cell(joined($0.objects)) },
            Column("children", inList: false) { Cell(joined($0.children.map(\.text))) },
            Column("ready after", inList: false) {
                $0.readyMilliseconds.map { Cell(Progress.seconds($0), plain: String($0)) } ?? Cell(nil)
            },
            Column("started", inList: false) { Cell($0.startedAt?.description) },
            Column("ended", inList: false) { Cell($0.endedAt?.description) },
        ]

        static let event: [Column<EventBody>] = [
            Column("number") { Cell($0.number) },
            Column("at") { Cell($0.at.description) },
            Column("code") { Cell($0.code) },
            Column("object") { Cell($0.object) },
            Column("operation") { Cell($0.operation) },
        ]

        private static func joined(_ texts: [String]) -> String? { texts.isEmpty ? nil : texts.joined(separator: " ") }
    }
#endif
