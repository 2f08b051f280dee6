// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudHTTP
import CloudModel
import Foundation
import Testing

/// What is shown with an ETag is changed at the version that If-Match names, or not at all: asked of every route that there is.
@Suite struct IfMatchTests {
    private let root: YAML
    init() throws { root = try YAML(String(decoding: OpenAPI.bytes, as: UTF8.self)) }

    @Test func everyChangeOfWhatHasAnETagIsRefusedAtAnother() async throws {
        try await Site.with { site in
            let things = try await Things(of: site)
            // What has an ETag, and which: asked of what is there, not of a list.
            var tags: [String: String] = [:]
            for route in RouteTable.all where route.method == .get && route.path.hasSuffix("}") {
                guard let path = things.filled(route.path) else { continue }
                let answer = await site.send("GET", path)
                try #require(answer.status == 200, "\(path): \(answer.text)")
                if let tag = answer.fields["ETag"] { tags[route.path] = tag }
            }
            #expect(tags.count >= 10, "\(tags.keys.sorted())")
            var asked = 0
            for route in RouteTable.all where route.method != .get {
                let named = tags.keys.filter { route.path == $0 || route.path.hasPrefix($0 + "/") }.sorted { $0.count < $1.count }
                #expect(route.takesIfMatch != named.isEmpty, "\(route.operation)")
                // What lies at the path itself, or else the outermost.
                guard let object = named.first(where: { $0 == route.path }) ?? named.first else { continue }
                let (path, body) = (try #require(things.filled(route.path)), try body(of: route))
                try await site.untouched(route.operation) {
                    let answer = await site.send(route.method.rawValue, path, body, fields: ["If-Match": "\"999\""])
                    #expect(answer.status == 412 && answer.code == "stale-version", "\(route.operation): \(answer.status) \(answer.text)")
                    let told = answer.problem?.parameters
                    #expect(told?["object"] == things.filled(object)?.split(separator: "/").last.map(String.init), "\(route.operation)")
                    #expect(told?["actual"].map { "\"\($0)\"" } == tags[object], "\(route.operation)")
                }
                asked += 1
            }
            #expect(asked > 30)
        }
    }

    @Test func whatIsAtTheVersionThatWasSeenIsChanged() async throws {
        try await Site.with { site in
            let things = try await Things(of: site)
            let (instance, disk) = (try #require(things.ids["instances"]), try #require(things.ids["disks"]))
            _ = try await site.act("/v1/instances/\(instance)/detach-disk", #"{"disk":"\#(disk)"}"#)
            let calls: [(method: String, object: String, below: String, body: String?)] = [
                ("DELETE", "/v1/instances/{id}/checkpoints/{checkpoint}", "", nil), ("POST", "/v1/disks/{id}", "/delete", "{}"),
                ("DELETE", "/v1/forwarded-ports/{id}", "", nil),
                ("POST", "/v1/templates/{id}", "/retire-revision", #"{"revision":1}"#),
                ("POST", "/v1/templates/{id}", "/publish-revision", #"{"revision":1}"#),
            ]
            for (method, object, below, body) in calls {
                let path = try #require(things.filled(object))
                let tag = try #require(await site.send("GET", path).fields["ETag"])
                let begun = await site.send(method, path + below, body, fields: ["If-Match": tag])
                try #require(begun.status == 202, "\(path)\(below): \(begun.text)")
                let ended = try await site.ended(try #require(begun.fields["Location"])).body(OperationBody.self)
                #expect(ended.outcome == "done", "\(path)\(below): \(ended)")
            }
        }
    }

    /// A teacher looks at a template, another publishes a revision, and the first one's choice is not made of what is there now.
    @Test func aRevisionThatAnotherPublishedSinceIsNotRetiredUnseen() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let tag = try #require(await site.send("GET", "/v1/templates/\(template)").fields["ETag"])
            let machine = try await site.stopped("prepared", template)
            let saved = try await site.act("/v1/instances/\(machine)/save-as-template", #"{"template":"\#(template)"}"#)
            try #require(saved.outcome == "done", "\(saved)")
            #expect(try await site.act("/v1/templates/\(template)/publish-revision", #"{"revision":2}"#).outcome == "done")
            let late = await site.send(
                "POST", "/v1/templates/\(template)/publish-revision", #"{"revision":1}"#, fields: ["If-Match": tag])
            #expect(late.status == 412 && late.code == "stale-version", "\(late.text)")
            #expect(try await site.send("GET", "/v1/templates/\(template)").body(TemplateBody.self).production?.number == 2)
        }
    }

    /// Whoever chose by the list of revisions that they saw is told where it is another by now, drafts included.
    @Test func aTemplatesVersionIsAlsoThatOfItsDrafts() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let machine = try await site.stopped("prepared", template)
            var tags: [String] = []
            func look() async throws { tags.append(try #require(await site.send("GET", "/v1/templates/\(template)").fields["ETag"])) }
            try await look()
            #expect(try await site.act("/v1/instances/\(machine)/save-as-template", #"{"template":"\#(template)"}"#).outcome == "done")
            try await look()
            #expect(try await site.act("/v1/templates/\(template)/retire-revision", #"{"revision":2}"#).outcome == "done")
            try await look()
            #expect(Set(tags).count == 3, "\(tags)")
        }
    }

    /// One thing of each kind, by the folder of the path that it is under.
    private struct Things {
        var ids: [String: String] = [:]

        init(of site: Site) async throws {
            let template = try await site.template()
            let instance = try await site.stopped("lab", template)
            for (path, body) in [
                ("forwarded-ports", #"{"targetPort":22}"#), ("attach-disk", #"{"size":1073741824}"#), ("checkpoints", #"{"name":"kept"}"#),
            ] {
                let made = try await site.act("/v1/instances/\(instance)/\(path)", body)
                try #require(made.outcome == "done", "\(path): \(made)")
            }
            let anna = try await site.anna().user.id.text
            (ids["templates"], ids["instances"], ids["users"]) = (template, instance, anna)
            for folder in ["disks", "hosts", "images", "lease-policies", "networks", "operations"] {
                ids[folder] = try await first("/v1/\(folder)", site)
            }
            for folder in ["checkpoints", "forwarded-ports"] {
                ids[folder] = try await first("/v1/instances/\(instance)/\(folder)", site)
            }
            ids["tokens"] = try await first("/v1/users/\(anna)/tokens", site)
        }

        private struct Listed: Decodable {
            struct Item: Decodable { let id: String }
            let items: [Item]
        }

        private func first(_ path: String, _ site: Site) async throws -> String {
            let answer = await site.send("GET", path)
            return try #require(try JSONDecoder().decode(Listed.self, from: Data(answer.text.utf8)).items.first?.id, "\(path)")
        }

        /// The path with the ids of things that are there; nil where it names something else.
        func filled(_ path: String) -> String? {
            var segments: [String] = []
            for segment in path.split(separator: "/").map(String.init) {
                guard segment.hasPrefix("{") else {
                    segments.append(segment)
                    continue
                }
                guard let id = segments.last.flatMap({ ids[$0] }) else { return nil }
                segments.append(id)
            }
            return "/" + segments.joined(separator: "/")
        }
    }

    /// The example that the description gives of a route's body; nil where it takes none.
    private func body(of route: Route) throws -> String? {
        guard route.body == .json else { return nil }
        let operation = root["paths"]?[route.path]?[route.method.rawValue.lowercased()]
        let schema = try #require(
            operation?["requestBody"]?["content"]?["application/json"]?["schema"]?["$ref"]?.text?.split(separator: "/").last,
            "\(route.operation)")
        let name = String(schema.filter { $0 != "'" })
        return json(try #require(root["components"]?["schemas"]?[name]?["examples"]?.items.first, "\(name)"))
    }

    private func json(_ value: YAML) -> String {
        switch value {
        case .map(let members): "{" + members.map { quoted($0.0) + ":" + json($0.1) }.joined(separator: ",") + "}"
        case .list(let items): "[" + items.map(json).joined(separator: ",") + "]"
        case .scalar(let text) where text.hasPrefix("'"): quoted(String(text.dropFirst().dropLast()))
        case .scalar(let text): Int64(text) != nil || Bool(text) != nil ? text : quoted(text)
        }
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

extension Site {
    /// A machine that ran once and is off.
    fileprivate func stopped(_ name: String, _ template: String) async throws -> String {
        let made = try await act("/v1/instances", #"{"template":"\#(template)","name":"\#(name)","start":true}"#)
        for child in made.children { _ = try await ended("/v1/operations/\(child)") }
        try #require(try await act("/v1/instances/\(made.object)/force-off").outcome == "done")
        return made.object
    }
}
