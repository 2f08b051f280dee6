// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What somebody is to be told of a lease.
public struct NoticeBody: Hashable, Sendable, Codable {
    /// The notice.
    public var id: ID<NoticeKind>
    /// Which instance.
    public var instance: ID<InstanceKind>
    /// Its name when the notice was written.
    public var name: String
    /// What will be done: `lease.suspend` or `lease.destroy`.
    public var code: String
    /// When.
    public var date: APITime
    /// Whether it is the last notice before that date.
    public var last: Bool
    /// Where whoever has the link renews without login: the path of the API; valid until the date.
    public var renewal: String
    /// When it was written.
    public var queuedAt: APITime
    /// When it was delivered; nil until then.
    public var deliveredAt: APITime?
    /// The body of a row, with the token of its link.
    public init(_ row: Notice, link: String) {
        id = row.id
        instance = row.instance
        name = row.parameters["name"] ?? ""
        code = row.code
        date = APITime(row.date)
        last = row.parameters["last"] == "true"
        renewal = RenewalBody.folder + link
        queuedAt = APITime(row.queuedAt)
        deliveredAt = row.deliveredAt.map(APITime.init)
    }
}

/// What a link renews: the dates as they are, and as they would be.
public struct RenewalBody: Hashable, Sendable, Codable {
    /// Where links lie: the path of each is this, and its token behind it.
    public static let folder = "/v1/renewals/"
    /// The instance's name.
    public var name: String
    /// When it is suspended if it runs, as promised now; nil for never.
    public var suspendAt: APITime?
    /// When it is destroyed, as promised now; nil for never.
    public var destroyAt: APITime?
    /// When it would be suspended, were it renewed now; nil for never.
    public var renewedSuspendAt: APITime?
    /// When it would be destroyed, were it renewed now; nil for never.
    public var renewedDestroyAt: APITime?
    /// A body.
    public init(name: String, dates: LeaseDates, renewed: LeaseDates) {
        self.name = name
        suspendAt = dates.suspendAt.map(APITime.init)
        destroyAt = dates.destroyAt.map(APITime.init)
        renewedSuspendAt = renewed.suspendAt.map(APITime.init)
        renewedDestroyAt = renewed.destroyAt.map(APITime.init)
    }
}

/// What stops a part of the cloud until an operator has looked.
public struct AlarmBody: Hashable, Sendable, Codable {
    /// What it is about: `clock`, `destroy`, `collect`, a store's, a host's, an instance's or an operation's id.
    public var id: String
    /// What it says: `clock-back`, `clock-ahead`, `guests-missing`, `over-budget`, `remains-unknown` or `store-full`.
    public var code: String
    /// Its figures.
    public var parameters: [String: String]
    /// When it was raised.
    public var since: APITime
    /// The body of a row.
    public init(_ row: Alarm) {
        id = row.id
        code = row.code
        parameters = row.parameters
        since = APITime(row.since)
    }
}

/// What is another than before of an instance that was recovered; a field that is left out is as it was.
public struct RecoveredBody: Hashable, Sendable, Codable {
    /// Its name, where another instance has the old one.
    public var name: String?
    /// Its host name, where another port has the old one.
    public var hostname: String?
    /// Its address, where the old one was no longer kept.
    public var address: String?
    /// The ports that it had and has no more; nil for none.
    public var lostPorts: [LostPortBody]?
    /// The data disks that it let go of when it was destroyed, to be attached again; nil for none.
    public var detachedDisks: [ID<DiskKind>]?
    /// True where it was suspended when it was destroyed: it begins anew; nil where it was not.
    public var lostMemory: Bool?
    /// The public ports that led to it and lead there no more; nil for none.
    public var lostPublicPorts: [LostPublicPortBody]?
    /// The same in a sentence, in the caller's language; nil where nothing is another.
    public var detail: String?
    /// A body.
    public init(
        name: String?, hostname: String?, address: String?, lostPorts: [LostPortBody]? = nil, detachedDisks: [ID<DiskKind>]? = nil,
        lostMemory: Bool? = nil, lostPublicPorts: [LostPublicPortBody]? = nil, in language: Language
    ) {
        self.name = name
        self.hostname = hostname
        self.address = address
        self.lostPorts = lostPorts
        self.detachedDisks = detachedDisks
        self.lostMemory = lostMemory
        self.lostPublicPorts = lostPublicPorts
        detail = RecoveredTexts.sentence(of: self, in: language)
    }
}

/// A public port that led to an instance before it was destroyed.
public struct LostPublicPortBody: Hashable, Sendable, Codable {
    /// The public port.
    public var publicPort: UInt16
    /// `tcp` or `udp`.
    public var `protocol`: String
    /// Where it led to.
    public var targetPort: UInt16
    /// A body.
    public init(publicPort: UInt16, protocol: String, targetPort: UInt16) {
        self.publicPort = publicPort
        self.protocol = `protocol`
        self.targetPort = targetPort
    }
}

/// A port that an instance had before it was destroyed.
public struct LostPortBody: Hashable, Sendable, Codable {
    /// Its network.
    public var network: ID<NetworkKind>
    /// Its address there.
    public var address: String
    /// Its host name there.
    public var hostname: String
    /// A body.
    public init(network: ID<NetworkKind>, address: String, hostname: String) {
        self.network = network
        self.address = address
        self.hostname = hostname
    }
}
