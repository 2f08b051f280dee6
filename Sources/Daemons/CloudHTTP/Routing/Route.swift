// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// One line of the table of routes.
public struct Route: Sendable {
    /// Who may call it.
    public enum Access: Sendable {
        /// Everybody; a caller is known where one signs in.
        case open
        /// Who is signed in.
        case signedIn
    }
    /// What its body is.
    public enum Body: Sendable {
        /// None; what is sent is not read.
        case none
        /// JSON, read whole.
        case json
        /// Bytes, passed on as they come.
        case bytes
    }

    /// The name of the operation in `openapi.yaml`.
    public let operation: String
    /// The method.
    public let method: Method
    /// The path, with open parts in braces.
    public let path: String
    /// The verb that it begins; nil for reads.
    public let verb: Verb?
    /// Who may call it.
    public let access: Access
    /// What its body is.
    public let body: Body
    /// The names of its query.
    public let query: [String]
    /// Whether it changes something whose version is an ETag: then it happens to the version that If-Match names, or not at all.
    public var takesIfMatch: Bool { versioned != nil }
    let handler: @Sendable (CloudService, Request) async throws -> Answer

    init(
        _ operation: String, _ method: Method, _ path: String, verb: Verb? = nil, access: Access = .signedIn, body: Body = .none,
        query: [String] = [], _ handler: @escaping @Sendable (CloudService, Request) async throws -> Answer
    ) {
        self.operation = operation
        self.method = method
        self.path = path
        self.verb = verb
        self.access = access
        self.body = body
        self.query = query
        self.handler = handler
    }

    /// The open parts of a path that fits, decoded; nil where it does not fit.
    func match(_ segments: [Substring]) -> [String: String]? {
        let own = path.split(separator: "/")
        guard own.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (mine, theirs) in zip(own, segments) {
            if mine.hasPrefix("{") {
                guard let decoded = Percent.decoded(theirs), !decoded.isEmpty else { return nil }
                parameters[String(mine.dropFirst().dropLast())] = decoded
            } else if mine != theirs {
                return nil
            }
        }
        return parameters
    }
}

/// All routes: what the dispatcher follows, what `openapi.yaml` is compared with, and where 405 finds its `Allow`.
public enum RouteTable {
    /// Every route, by subject.
    public static let all: [Route] =
        Route.discovery + Route.instances + Route.instanceDisks + Route.instancePorts + Route.checkpoints + Route.consoles + Route.images
        + Route.templates + Route.site + Route.leases + Route.users + Route.operations + Route.events

    /// Every method that some route has, as in the header Allow.
    static let allMethods = (Set(all.map(\.method.rawValue)).union(["HEAD", "OPTIONS"])).sorted().joined(separator: ", ")

    /// What a path and method lead to.
    enum Match {
        case found(Route, [String: String])
        case otherMethods([String])
        case none
    }

    static func match(_ method: String, _ path: String) -> Match {
        guard path.hasPrefix("/"), !path.hasSuffix("/"), !path.contains("//") else { return .none }
        let segments = path.split(separator: "/")
        let matching = all.compactMap { route in route.match(segments).map { (route, $0) } }
        // A path that is spelled out is its own: `renew` of the instances is not the instance with that id.
        guard let fewest = matching.map(\.1.count).min() else { return .none }
        let fitting = matching.filter { $0.1.count == fewest }
        let wanted = method == "HEAD" ? "GET" : method
        if let (route, parameters) = fitting.first(where: { $0.0.method.rawValue == wanted }) { return .found(route, parameters) }
        var methods = Set(fitting.map(\.0.method.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        return .otherMethods((methods.union(["OPTIONS"])).sorted())
    }
}
