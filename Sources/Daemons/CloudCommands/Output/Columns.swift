// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudModel

    /// What is shown of each kind of thing. Columns are only ever added behind the others: scripts count them.
    enum Columns {
        static let instance: [Column<InstanceBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("name") { Cell($0.name) },
            Column("state") { Cell(state($0), plain: $0.state) },
            Column("ready") { Cell($0.ready) },
            Column("address") { Cell($0.addresses.first?.ipv4) },
            Column("connect") { Cell($0.connection.map(connection)) },
            Column("hostname", inList: false) { Cell($0.addresses.first?.hostname ?? $0.hostname) },
            Column("ipv6", inList: false) { Cell($0.addresses.first?.ipv6) },
            Column("ports", inList: false) { Cell($0.forwardedPorts.isEmpty ? nil : $0.forwardedPorts.map(port).joined(separator: " ")) },
            Column("cpus", inList: false) { Cell($0.cpus) },
            Column("memory", inList: false) { size($0.memory) },
            Column("template", inList: false) { Cell("\($0.template)/\($0.revision)") },
            Column("owner", inList: false) { Cell($0.owner.text) },
            Column("group", inList: false) { Cell($0.group.text) },
            Column("host", inList: false) { Cell($0.host?.text) },
            Column("operation", inList: false) { Cell($0.operation?.text) },
            Column("failure", inList: false) { Cell($0.failure?.detail) },
            Column("suspend at", inList: false) { Cell($0.lease?.suspendAt?.description) },
            Column("destroy at", inList: false) { Cell($0.lease?.destroyAt?.description) },
            Column("created", inList: false) { Cell($0.createdAt.description) },
            Column("changed", inList: false) { Cell($0.changedAt.description) },
            Column("seen", inList: false) { Cell($0.seen.map { "\($0.state) since \($0.since)" }) },
            Column("description", inList: false) { Cell($0.description) },
            Column("tags", inList: false) { Cell($0.tags.isEmpty ? nil : $0.tags.joined(separator: " ")) },
            Column("addresses", inList: false) {
                Cell($0.addresses.isEmpty ? nil : $0.addresses.map { "\($0.ipv4) \($0.hostname) \($0.port)" }.joined(separator: ", "))
            },
            Column("account", inList: false) { Cell($0.connection?.account) },
            Column("public port", inList: false) { Cell($0.connection?.publicPort.map { String($0) }) },
        ]

        static let password: [Column<InstancePasswordBody>] = [
            Column("account") { Cell($0.account) },
            Column("password") { Cell($0.password) },
        ]

        static let allowedVerb: [Column<AllowedVerbBody>] = [
            Column("verb") { Cell($0.verb) },
            Column("allowed") { Cell($0.allowed) },
            Column("why not") { Cell($0.refusal?.detail) },
        ]

        /// With what is left of those in the trash: until when they can be recovered for sure, and whether they can be now.
        static let trash: [Column<InstanceBody>] =
            instance + [
                Column("kept until") { Cell($0.trash?.keptUntil?.description) },
                Column("recoverable") { Cell($0.trash.map { $0.recoverable ? "yes" : "no" }) },
            ]

        /// With the dates of their leases.
        static let renewed: [Column<InstanceBody>] =
            instance + [
                Column("suspend at") { Cell($0.lease?.suspendAt?.description) },
                Column("destroy at") { Cell($0.lease?.destroyAt?.description) },
            ]

        static let forwardedPort: [Column<ForwardedPortBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("instance") { Cell($0.instance.text) },
            Column("transport") { Cell($0.transport) },
            Column("target port") { Cell($0.targetPort) },
            Column("public address") { Cell($0.publicAddress) },
            Column("public port") { Cell($0.publicPort) },
            Column("created", inList: false) { Cell($0.createdAt.description) },
        ]

        static let activity: [Column<ActivityBody>] = [
            Column("started") { Cell($0.startedAt.description) },
            Column("code") { Cell($0.code) },
            Column("actor") { Cell($0.actor?.text) },
            Column("ended") { Cell($0.endedAt?.description) },
            Column("failure") { Cell($0.failure?.detail) },
            Column("operation") { Cell($0.operation?.text) },
        ]

        static let image: [Column<ImageBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("name") { Cell($0.name) },
            Column("state") { Cell($0.state) },
            Column("format") { Cell($0.format) },
            Column("disk") { size($0.virtualSize) },
            Column("file") { size($0.fileSize) },
            Column("sha256", inList: false) { Cell($0.sha256) },
            Column("owner", inList: false) { Cell($0.owner.text) },
            Column("group", inList: false) { Cell($0.group.text) },
            Column("created", inList: false) { Cell($0.createdAt.description) },
        ]

        static let disk: [Column<DiskBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("size") { size($0.size) },
            Column("instance") { Cell($0.instance?.text) },
            Column("serial", inList: false) { Cell($0.serial) },
            Column("owner", inList: false) { Cell($0.owner?.text) },
            Column("group", inList: false) { Cell($0.group?.text) },
        ]

        static let checkpoint: [Column<CheckpointBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("name") { Cell($0.name) },
            Column("size") { size($0.size) },
            Column("memory") { $0.memory.map(size) ?? Cell(nil) },
            Column("created") { Cell($0.createdAt.description) },
            Column("instance", inList: false) { Cell($0.instance.text) },
        ]

        static let template: [Column<TemplateBody>] = [
            Column("id") { Cell($0.id.text) },
            Column("name") { Cell($0.name) },
            Column("cpus") { Cell($0.production.map { String($0.cpus) }) },
            Column("memory") { $0.production.map { size($0.memory) } ?? Cell(nil) },
            Column("disk") { $0.production.map { size($0.disk) } ?? Cell(nil) },
            Column("image") { Cell($0.production?.image.text) },
            Column("revision", inList: false) { Cell($0.production.map { String($0.number) }) },
            Column("revisions", inList: false) { Cell($0.revisions.map { "\($0.number) \($0.state)" }.joined(separator: ", ")) },
            Column("network", inList: false) { Cell($0.production?.network.text) },
            Column("lease policy", inList: false) { Cell($0.production?.leasePolicy.text) },
            Column("access", inList: false) {
                Cell($0.production.map { "\($0.access.account), port \($0.access.port)/\($0.access.transport)" })
            },
            Column("agent", inList: false) { Cell($0.production?.agent) },
            Column("readiness", inList: false) { Cell($0.production?.readiness) },
            Column("first boot", inList: false) { Cell($0.production?.firstBoot) },
            Column("owner", inList: false) { Cell($0.owner.text) },
            Column("group", inList: false) { Cell($0.group.text) },
            Column("created", inList: false) { Cell($0.createdAt.description) },
        ]

        private static func state(_ body: InstanceBody) -> String {
            guard body.state == "unknown", let last = body.lastState else { return body.state }
            return "unknown (was \(last)" + (body.lastSeen.map { " at \($0)" } ?? "") + ")"
        }

        private static func connection(_ body: ConnectionBody) -> String { body.command ?? "\(body.method) \(body.address):\(body.port)" }
        private static func port(_ body: ForwardedPortBody) -> String { "\(publicEnd(body))->\(body.targetPort)/\(body.transport)" }
        private static func publicEnd(_ body: ForwardedPortBody) -> String {
            (body.publicAddress.map { "\($0):" } ?? "") + "\(body.publicPort)"
        }
        static func size(_ count: ByteCount) -> Cell { Cell(count.description, plain: String(count.bytes)) }
    }
#endif
