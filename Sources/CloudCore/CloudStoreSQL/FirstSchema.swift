// SPDX-License-Identifier: Apache-2.0

extension Migration {
    /// Every table of the first schema: one per record, with a column per property, and the store's own.
    ///
    /// Rows of records are kept in the order of their text keys, without a row number of the engine's (`WITHOUT ROWID`): one tree a
    /// table instead of two, so a commit writes fewer pages. Truth values are 0 and 1, moments are milliseconds.
    ///
    /// An index is one more tree that each launch writes, so there is one where a query names it and nowhere else; `IndexTests` says
    /// which. Those of trashed disks and of data disks hold only what is looked for by them, and cost a launch nothing.
    static let firstSchema = Migration(1, "first schema", storeTables + recordTables)

    /// Runs and their journals, the outbox, and what the store knows of itself.
    ///
    /// `events.number` comes from the engine in the transaction of the event. There is one writer at a time, so that is commit order,
    /// and a transaction that is rolled back gives its numbers back: no holes. `runs.number` is the order of recording.
    private static let storeTables = [
        #"CREATE TABLE "meta" ("key" TEXT NOT NULL PRIMARY KEY, "value" INTEGER NOT NULL) STRICT, WITHOUT ROWID"#,
        """
        CREATE TABLE "runs" (
            "number" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "id" TEXT NOT NULL, "kind" TEXT NOT NULL, "version" INTEGER NOT NULL,
            "input" TEXT NOT NULL, "actor" TEXT NOT NULL, "object" TEXT NOT NULL, "parent" TEXT, "state" TEXT NOT NULL,
            "waitingFor" TEXT, "percent" INTEGER NOT NULL, "cancelRequested" INTEGER NOT NULL, "failure" TEXT, "stuck" TEXT,
            "output" TEXT
        ) STRICT
        """,
        #"CREATE UNIQUE INDEX "runs_id" ON "runs" ("id")"#,
        #"CREATE INDEX "runs_state" ON "runs" ("state")"#,
        #"CREATE INDEX "runs_object" ON "runs" ("object")"#,
        #"CREATE INDEX "runs_actor" ON "runs" ("actor")"#,
        #"CREATE INDEX "runs_parent" ON "runs" ("parent")"#,
        """
        CREATE TABLE "journal_entries" (
            "run" TEXT NOT NULL, "position" INTEGER NOT NULL, "kind" TEXT NOT NULL, "name" TEXT NOT NULL, "output" TEXT NOT NULL,
            PRIMARY KEY ("run", "position")
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "events" (
            "number" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "code" TEXT NOT NULL, "object" TEXT NOT NULL, "operation" TEXT,
            "at" INTEGER NOT NULL
        ) STRICT
        """,
    ]

    private static let recordTables = [
        """
        CREATE TABLE "access_tokens" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "user" TEXT NOT NULL, "hash" TEXT NOT NULL,
            "label" TEXT NOT NULL, "createdAt" INTEGER NOT NULL, "expiresAt" INTEGER, "revoked" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE UNIQUE INDEX "access_tokens_hash" ON "access_tokens" ("hash")"#,
        #"CREATE INDEX "access_tokens_user" ON "access_tokens" ("user")"#,
        """
        CREATE TABLE "activities" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "object" TEXT NOT NULL, "code" TEXT NOT NULL,
            "parameters" TEXT NOT NULL, "actor" TEXT, "operation" TEXT, "startedAt" INTEGER NOT NULL, "endedAt" INTEGER,
            "outcome" TEXT
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "activities_object_startedAt" ON "activities" ("object", "startedAt")"#,
        """
        CREATE TABLE "alarms" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "code" TEXT NOT NULL, "parameters" TEXT NOT NULL,
            "since" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "checkpoints" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "instance" TEXT NOT NULL, "name" TEXT NOT NULL,
            "disk" TEXT NOT NULL, "memory" INTEGER, "cpus" INTEGER NOT NULL, "ports" TEXT NOT NULL, "createdAt" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE UNIQUE INDEX "checkpoints_instance_name" ON "checkpoints" ("instance", "name")"#,
        """
        CREATE TABLE "destruction_budgets" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "since" INTEGER NOT NULL, "taken" INTEGER NOT NULL,
            "limit" INTEGER NOT NULL, "allowed" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "heartbeats" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "at" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "notices" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "recipient" TEXT NOT NULL, "instance" TEXT NOT NULL,
            "code" TEXT NOT NULL, "parameters" TEXT NOT NULL, "date" INTEGER NOT NULL, "queuedAt" INTEGER NOT NULL,
            "deliveredAt" INTEGER
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "notices_recipient" ON "notices" ("recipient")"#,
        """
        CREATE TABLE "disks" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "instance" TEXT, "slot" INTEGER, "owner" TEXT,
            "group" TEXT, "store" TEXT NOT NULL, "image" TEXT, "base" TEXT, "origin" TEXT,
            "virtualSize" INTEGER NOT NULL, "fence" INTEGER NOT NULL, "operation" TEXT, "trashedAt" INTEGER, "collectedBy" TEXT
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "disks_instance" ON "disks" ("instance")"#,
        #"CREATE INDEX "disks_owner" ON "disks" ("owner") WHERE "owner" IS NOT NULL"#,
        #"CREATE INDEX "disks_trashedAt" ON "disks" ("trashedAt") WHERE "trashedAt" IS NOT NULL"#,
        """
        CREATE TABLE "forwarded_ports" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "instance" TEXT NOT NULL, "port" TEXT NOT NULL,
            "network" TEXT NOT NULL, "transport" TEXT NOT NULL, "publicPort" INTEGER NOT NULL, "targetPort" INTEGER NOT
            NULL, "createdAt" INTEGER NOT NULL, "keptUntil" INTEGER
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE UNIQUE INDEX "forwarded_ports_transport_publicPort" ON "forwarded_ports" ("transport", "publicPort")"#,
        #"CREATE INDEX "forwarded_ports_instance" ON "forwarded_ports" ("instance")"#,
        #"CREATE INDEX "forwarded_ports_port" ON "forwarded_ports" ("port")"#,
        #"CREATE INDEX "forwarded_ports_network" ON "forwarded_ports" ("network")"#,
        """
        CREATE TABLE "grants" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "object" TEXT NOT NULL, "subject" TEXT NOT NULL,
            "level" TEXT NOT NULL, "until" INTEGER, "pinned" INTEGER NOT NULL, "grantedBy" TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "grants_object" ON "grants" ("object")"#,
        #"CREATE INDEX "grants_subject_object" ON "grants" ("subject", "object")"#,
        """
        CREATE TABLE "groups" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "name" TEXT NOT NULL, "owner" TEXT NOT NULL,
            "course" TEXT
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "hosts" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "name" TEXT NOT NULL, "state" TEXT NOT NULL,
            "reserve" INTEGER NOT NULL, "cpuRatio" INTEGER NOT NULL, "store" TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE UNIQUE INDEX "hosts_name" ON "hosts" ("name")"#,
        """
        CREATE TABLE "claims" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "host" TEXT NOT NULL, "cpus" INTEGER NOT NULL,
            "memory" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "claims_host" ON "claims" ("host")"#,
        """
        CREATE TABLE "evidence" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "report" INTEGER NOT NULL, "bootID" TEXT NOT NULL,
            "cpus" INTEGER NOT NULL, "memory" INTEGER NOT NULL, "freeDisk" INTEGER NOT NULL,
            "totalDisk" INTEGER NOT NULL, "seenAt" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "images" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "name" TEXT NOT NULL, "owner" TEXT NOT NULL,
            "group" TEXT NOT NULL, "state" TEXT NOT NULL, "format" TEXT NOT NULL, "virtualSize" INTEGER NOT NULL,
            "fileSize" INTEGER NOT NULL, "sha256" TEXT NOT NULL, "charged" INTEGER NOT NULL, "store" TEXT NOT NULL, "createdAt" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "images_owner" ON "images" ("owner")"#,
        """
        CREATE TABLE "instances" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "name" TEXT NOT NULL, "description" TEXT NOT NULL,
            "tags" TEXT NOT NULL, "label" TEXT NOT NULL, "owner" TEXT NOT NULL, "group" TEXT NOT NULL,
            "template" TEXT NOT NULL, "revision" INTEGER NOT NULL, "cpus"
            INTEGER NOT NULL, "memory" INTEGER NOT NULL, "alive" INTEGER NOT NULL, "createdAt" INTEGER NOT NULL,
            "belongings" TEXT
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE UNIQUE INDEX "instances_owner_name" ON "instances" ("owner", "name") WHERE "alive" = 1"#,
        #"CREATE INDEX "instances_owner" ON "instances" ("owner")"#,
        """
        CREATE TABLE "instance_keys" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "own" TEXT NOT NULL, "told" TEXT, "note" TEXT,
            "tries" INTEGER NOT NULL, "triedAt" INTEGER
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "leases" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "policy" TEXT NOT NULL,
            "suspendAt" INTEGER, "suspendLead" INTEGER, "suspendTold" INTEGER, "suspendToldAt" INTEGER,
            "destroyAt" INTEGER, "destroyLead" INTEGER, "destroyTold" INTEGER, "destroyToldAt" INTEGER,
            "renewals" INTEGER NOT NULL, "lookAt" INTEGER, "failures" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "secrets" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "sealedPassword" TEXT NOT NULL,
            "sealedDoubtful" TEXT, "doubtedBy" TEXT
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "sightings" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "host" TEXT NOT NULL, "power" TEXT NOT NULL,
            "fence" INTEGER NOT NULL, "seenAt" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "sightings_host" ON "sightings" ("host")"#,
        """
        CREATE TABLE "statuses" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "state" TEXT NOT NULL, "failure" TEXT, "host"
            TEXT, "fence" INTEGER NOT NULL, "operation" TEXT, "changedAt" INTEGER NOT NULL, "readyAt" INTEGER
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "statuses_host" ON "statuses" ("host")"#,
        """
        CREATE TABLE "lease_policies" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "name" TEXT NOT NULL, "owner" TEXT NOT NULL,
            "intervals" TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "memberships" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "group" TEXT NOT NULL, "user" TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "memberships_user" ON "memberships" ("user")"#,
        #"CREATE INDEX "memberships_group" ON "memberships" ("group")"#,
        """
        CREATE TABLE "networks" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "name" TEXT NOT NULL, "owner" TEXT NOT NULL,
            "group" TEXT NOT NULL, "vlan" INTEGER NOT NULL, "ipv4" TEXT NOT NULL, "gateway" TEXT NOT NULL, "ipv6Prefix"
            TEXT, "domain" TEXT NOT NULL, "firstPublicPort" INTEGER NOT NULL, "lastPublicPort" INTEGER NOT NULL, "serial"
            INTEGER NOT NULL, "nextAddress" TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE UNIQUE INDEX "networks_vlan" ON "networks" ("vlan")"#,
        #"CREATE INDEX "networks_owner" ON "networks" ("owner")"#,
        """
        CREATE TABLE "ports" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "network" TEXT NOT NULL, "instance" TEXT NOT NULL,
            "slot" INTEGER, "mac" TEXT NOT NULL, "ipv4" TEXT NOT NULL, "ipv6" TEXT, "label" TEXT NOT NULL, "attached" INTEGER NOT NULL,
            "keptUntil" INTEGER
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE UNIQUE INDEX "ports_mac" ON "ports" ("mac")"#,
        #"CREATE UNIQUE INDEX "ports_network_ipv4" ON "ports" ("network", "ipv4")"#,
        #"CREATE UNIQUE INDEX "ports_network_label" ON "ports" ("network", "label")"#,
        #"CREATE INDEX "ports_instance" ON "ports" ("instance")"#,
        """
        CREATE TABLE "quotas" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "limits" TEXT, "used" TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE "remembered_requests" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "bodyHash" TEXT NOT NULL, "operation" TEXT,
            "object" TEXT NOT NULL, "answer" TEXT, "at" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "remembered_requests_at" ON "remembered_requests" ("at")"#,
        """
        CREATE TABLE "templates" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "name" TEXT NOT NULL, "owner" TEXT NOT NULL,
            "group" TEXT NOT NULL, "production" INTEGER, "createdAt" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE UNIQUE INDEX "templates_owner_name" ON "templates" ("owner", "name")"#,
        """
        CREATE TABLE "revisions" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "template" TEXT NOT NULL, "number" INTEGER NOT
            NULL, "state" TEXT NOT NULL, "image" TEXT NOT NULL, "cpus" INTEGER NOT NULL, "memory" INTEGER NOT NULL, "disk" INTEGER NOT NULL,
            "network" TEXT NOT NULL, "leasePolicy" TEXT NOT NULL, "access" TEXT NOT NULL, "agent" TEXT NOT NULL,
            "readiness" TEXT NOT NULL, "firstBoot" TEXT NOT NULL, "createdAt" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE UNIQUE INDEX "revisions_template_number" ON "revisions" ("template", "number")"#,
        """
        CREATE TABLE "uploads" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "owner" TEXT NOT NULL, "host" TEXT NOT NULL, "operation" TEXT,
            "createdAt" INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE INDEX "uploads_createdAt" ON "uploads" ("createdAt")"#,
        """
        CREATE TABLE "users" (
            "id" TEXT NOT NULL PRIMARY KEY, "version" INTEGER NOT NULL, "login" TEXT NOT NULL, "name" TEXT NOT NULL,
            "role" TEXT NOT NULL, "personalGroup" TEXT NOT NULL, "keys" TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        #"CREATE UNIQUE INDEX "users_login" ON "users" ("login")"#,
    ]
}
