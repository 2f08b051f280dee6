// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations

/// What is shown with an ETag, and is changed by a route at its path or below it. No handler says which object If-Match means: it follows from
/// the path, and `CloudService.begin` asks for it, so a new verb cannot forget it.
struct Versioned: Sendable {
    /// The path of the GET that shows it.
    let path: String
    /// What is to be compared when it is changed.
    let seen: @Sendable (Request, Set<Int64>) throws -> SeenVersions

    private init(_ path: String, _ seen: @escaping @Sendable (Request, Set<Int64>) throws -> SeenVersions) {
        self.path = path
        self.seen = seen
    }

    static let all: [Versioned] = [
        Versioned("/v1/disks/{id}") { SeenVersions($1, of: try $0.id("id", DiskKind.self)) },
        Versioned("/v1/forwarded-ports/{id}") { SeenVersions($1, of: try $0.id("id", ForwardedPortKind.self)) },
        Versioned("/v1/instances/{id}") { SeenVersions($1, of: try $0.id("id", InstanceKind.self)) },
        Versioned("/v1/instances/{id}/checkpoints/{checkpoint}") { SeenVersions($1, of: try $0.id("checkpoint"), in: try $0.id()) },
        Versioned("/v1/templates/{id}") { SeenVersions($1, of: try $0.id("id", TemplateKind.self)) },
        Versioned("/v1/users/{id}") { SeenVersions($1, of: try $0.id("id", UserKind.self)) },
    ]
}

extension Route {
    /// What If-Match is about: what is shown at the route's own path; otherwise the outermost thing that the path names, for a verb is that
    /// one's (a return to a checkpoint is the instance's). Nil for a read, and where the path names nothing that has a version.
    var versioned: Versioned? {
        guard method != .get else { return nil }
        return Versioned.all.first { $0.path == path }
            ?? Versioned.all.filter { path.hasPrefix($0.path + "/") }.min { $0.path.count < $1.path.count }
    }
}

extension Request {
    /// What If-Match says of the object that the path names; nil where it says nothing, or that any version will do.
    func seen() throws -> SeenVersions? {
        guard let object = route.versioned, let versions = ETag.versions(fields["If-Match"]) else { return nil }
        return try object.seen(self, versions)
    }
}
