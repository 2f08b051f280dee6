// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudHTTP
import CloudModel
import Testing

/// The description and the daemon say the same, in both directions.
@Suite struct OpenAPITests {
    private let root: YAML
    init() throws { root = try YAML(String(decoding: OpenAPI.bytes, as: UTF8.self)) }

    @Test func everyRouteIsDescribedAndEveryDescriptionIsARoute() throws {
        var described: Set<String> = []
        for (path, methods) in try #require(root["paths"]).members {
            for (method, operation) in methods.members where method != "parameters" {
                let text = "\(method.uppercased()) \(path) \(operation["operationId"]?.text ?? "")"
                #expect(described.insert(text).inserted, "\(text) is there twice")
            }
        }
        let routes = RouteTable.all.map { "\($0.method.rawValue) \($0.path) \($0.operation)" }
        #expect(Set(routes).count == routes.count)
        #expect(Set(routes) == described)
        #expect(Set(RouteTable.all.map(\.operation)).count == routes.count, "an operation id is used twice")
    }

    @Test func everyRouteDescribesItsParametersAccessAndAnswer() throws {
        for route in RouteTable.all {
            let path = try #require(root["paths"]?[route.path])
            let operation = try #require(path[route.method.rawValue.lowercased()])
            let inPath = path["parameters"]?.items.compactMap { resolved($0)["name"]?.text } ?? []
            #expect(inPath == route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) })
            let names = try (operation["parameters"]?.items ?? []).map { try #require(resolved($0)["name"]?.text) }
            let headers: Set = ["Idempotency-Key", "If-Match"]
            #expect(Set(names).subtracting(headers) == Set(route.query), "\(route.operation)")
            // A cancellation that is asked for twice is asked for once, a ticket is good once, and a link renews as often as one likes:
            // they need no key.
            let takesKey = route.method == .post && !["cancelOperation", "createConsoleTicket", "renewByLink"].contains(route.operation)
            #expect(names.contains("Idempotency-Key") == takesKey, "\(route.operation)")
            #expect(names.contains("If-Match") == route.takesIfMatch, "\(route.operation)")
            #expect((operation["security"] != nil) == (route.access == .open), "\(route.operation)")
            #expect((operation["requestBody"] != nil) == (route.body != .none), "\(route.operation)")
            #expect(operation["responses"]?["default"] != nil && operation["summary"]?.text != nil)
            // A change in part is done when it is answered.
            if route.verb != nil, route.method != .patch {
                #expect(operation["responses"]?["'202'"].map(resolved)?["headers"]?["Location"] != nil)
            }
        }
    }

    @Test func everyVerbOfAnObjectHasOneRoute() {
        for verb in Verb.asked {
            #expect(RouteTable.all.filter { $0.verb == verb }.count == 1, "\(verb.rawValue)")
        }
    }

    @Test func requestsAreDescribedAsTheyAreRead() throws {
        let requests: [(String, JSONShape)] = [
            ("CreateInstancesRequest", CreateInstancesRequest.shape), ("UpdateInstanceRequest", UpdateInstanceRequest.shape),
            ("OpenForwardedPortRequest", OpenForwardedPortRequest.shape),
            ("ConsoleRequest", ConsoleRequest.shape), ("EmptyRequest", EmptyRequest.shape),
            ("InstallKeysRequest", InstallKeysRequest.shape),
            ("SetPasswordRequest", SetPasswordRequest.shape), ("ImportImageRequest", ImportImageRequest.shape),
            ("ClearAlarmRequest", ClearAlarmRequest.shape),
            ("RenewInstanceRequest", RenewInstanceRequest.shape), ("RenewInstancesRequest", RenewInstancesRequest.shape),
            ("CreateTemplateRequest", CreateTemplateRequest.shape), ("CreateUserRequest", CreateUserRequest.shape),
            ("CreateTokenRequest", CreateTokenRequest.shape), ("ResizeInstanceRequest", ResizeInstanceRequest.shape),
            ("CheckpointRequest", CheckpointRequest.shape),
            ("AttachPortRequest", AttachPortRequest.shape), ("DetachPortRequest", DetachPortRequest.shape),
            ("AttachDiskRequest", AttachDiskRequest.shape), ("DetachDiskRequest", DetachDiskRequest.shape),
            ("GrowDiskRequest", GrowDiskRequest.shape),
            ("SaveAsTemplateRequest", SaveAsTemplateRequest.shape), ("RevisionRequest", RevisionRequest.shape),
            ("SetKeysRequest", SetKeysRequest.shape),
        ]
        for (name, shape) in requests {
            let schema = try #require(root["components"]?["schemas"]?[name], "\(name)")
            guard case .object(let fields) = shape else { Issue.record("\(name)"); continue }
            #expect(schema["additionalProperties"]?.text == "false", "\(name)")
            #expect(Set(schema["properties"]?.members.map(\.0) ?? []) == Set(fields.map(\.key)), "\(name)")
            #expect(Set(schema["required"]?.items.compactMap(\.text) ?? []) == Set(fields.filter { !$0.optional }.map(\.key)), "\(name)")
        }
        let used = RouteTable.all.filter { $0.body == .json }.compactMap { route in
            root["paths"]?[route.path]?[route.method.rawValue.lowercased()]?["requestBody"]?["content"]?["application/json"]?["schema"]?[
                "$ref"]?
                .text
        }
        #expect(used.count == RouteTable.all.filter { $0.body == .json }.count)
        #expect(Set(used).isSubset(of: Set(requests.map { "'#/components/schemas/\($0.0)'" })))
    }

    @Test func aBatchIsAsLargeAsTheVerbTakes() throws {
        let count = root["components"]?["schemas"]?["CreateInstancesRequest"]?["properties"]?["count"]
        #expect(count?["maximum"]?.text == "\(BatchLimits.instances)")
    }

    /// What goes in and what comes out has an example each; of a list, what is in it. That each is as its schema says is judged by
    /// Tests/Contract/examples.py.
    @Test func everyBodyHasAnExample() throws {
        let components = try #require(root["components"])
        var bodies: Set<String> = []
        func add(_ content: YAML?) {
            for (_, media) in content?.members ?? [] {
                guard let name = media["schema"]?["$ref"]?.text else { continue }
                let item = target(name)?["properties"]?["items"]?["items"]?["$ref"]?.text
                bodies.insert(item ?? name)
            }
        }
        for (_, path) in root["paths"]?.members ?? [] {
            for (_, operation) in path.members {
                add(operation["requestBody"]?["content"])
                for (_, answer) in operation["responses"]?.members ?? [] { add(resolved(answer)["content"]) }
            }
        }
        #expect(bodies.count > 40 && components["schemas"] != nil)
        for body in bodies.sorted() { #expect(target(body)?["examples"]?.items.isEmpty == false, "\(body)") }
    }

    @Test func everyReferenceLeadsSomewhere() {
        for reference in references(root) { #expect(target(reference) != nil, "\(reference)") }
    }

    private func resolved(_ value: YAML) -> YAML { value["$ref"]?.text.flatMap(target) ?? value }
    private func target(_ reference: String) -> YAML? {
        let path = reference.filter { $0 != "'" }.split(separator: "/").dropFirst().map(String.init)
        return path.reduce(root as YAML?) { $0?[$1] }
    }
    private func references(_ value: YAML) -> [String] {
        value.members.flatMap { $0.0 == "$ref" ? [$0.1.text ?? ""] : references($0.1) } + value.items.flatMap(references)
    }
}
