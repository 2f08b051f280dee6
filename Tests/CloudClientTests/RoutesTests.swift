// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import Foundation
import Testing

@testable import CloudClient

/// Every route of `openapi.yaml` has a call, and every call has a route.
@Suite struct RoutesTests {
    /// `GET /v1/instances/{id}` for each operation of the document; read by its indentation, which CloudHTTPTests hold to be YAML.
    static func documented() throws -> Set<String> {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Daemons/CloudHTTP/Resources/openapi.yaml")
        var (routes, path, inPaths): (Set<String>, String, Bool) = ([], "", false)
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            if !line.hasPrefix(" ") { inPaths = line == "paths:" }
            guard inPaths, line.hasSuffix(":") else { continue }
            if line.hasPrefix("  /") { path = String(line.dropFirst(2).dropLast()) }
            let method = line.dropFirst(4).dropLast()
            if line.hasPrefix("    "), ["get", "put", "post", "patch", "delete"].contains(method) {
                routes.insert("\(method.uppercased()) \(path)")
            }
        }
        return routes
    }

    /// What the client calls, with ids put back into braces.
    static func called() async throws -> Set<String> {
        let transport = ScriptedTransport(Array(repeating: .answer(418, "", fields: [:]), count: 100))
        let client = CloudClient.scripted(transport)
        for call in try calls(client) {
            do {
                try await call()
                Issue.record("a call was content with status 418")
            } catch is ClientError {}
        }
        return Set(
            transport.calls.map { call in
                let path = call.target.prefix { $0 != "?" }.replacing("chk-1", with: "{checkpoint}").replacing("tok-1", with: "{tokenId}")
                    .replacing(/[a-z]+-1\b/, with: "{id}").replacing("busy", with: "{code}").replacing(/token$/, with: "{token}")
                return "\(call.method) \(path)"
            })
    }

    @Test func theClientAndTheDocumentHaveTheSameRoutes() async throws {
        // What a ticket opens is no call but a WebSocket: ConsoleConnection.
        let (documented, called) = (try Self.documented().subtracting(["GET /v1/console/{ticket}"]), try await Self.called())
        #expect(documented.count > 30)
        #expect(documented.subtracting(called).isEmpty, "the client lacks these")
        #expect(called.subtracting(documented).isEmpty, "the document lacks these")
    }

    private static func calls(_ client: CloudClient) throws -> [() async throws -> Void] {
        let instance: ID<InstanceKind> = try #require(ID("vm-1")), operation: ID<OperationKind> = try #require(ID("op-1"))
        let user: ID<UserKind> = try #require(ID("user-1")), template: ID<TemplateKind> = try #require(ID("tmpl-1"))
        let image: ID<ImageKind> = try #require(ID("img-1")), upload: ID<UploadKind> = try #require(ID("up-1"))
        let policy: ID<LeasePolicyKind> = try #require(ID("lease-1"))
        let network: ID<NetworkKind> = try #require(ID("net-1")), host: ID<HostKind> = try #require(ID("host-1"))
        let disk: ID<DiskKind> = try #require(ID("disk-1")), checkpoint: ID<CheckpointKind> = try #require(ID("chk-1"))
        return [
            { _ = try await client.consoleTicket(.serial, of: instance) },
            { _ = try await client.discover() }, { _ = try await client.openAPI() }, { _ = try await client.health() },
            { _ = try await client.metrics() },
            { _ = try await client.readiness() }, { _ = try await client.errorPages().all() },
            { _ = try await client.errorPage("busy") }, { _ = try await client.instances().all() },
            { _ = try await client.create(CreateInstancesRequest(template: template)) }, { _ = try await client.instance(instance) },
            { _ = try await client.activities(of: instance).all() }, { _ = try await client.screenshot(of: instance) },
            { _ = try await client.password(of: instance) },
            { _ = try await client.start(instance) },
            { _ = try await client.suspend(instance) }, { _ = try await client.wake(instance) },
            { _ = try await client.shutDown(instance) }, { _ = try await client.forceOff(instance) },
            { _ = try await client.destroy(instance) }, { _ = try await client.pause(instance) },
            { _ = try await client.resume(instance) }, { _ = try await client.reboot(instance) },
            { _ = try await client.reset(instance) }, { _ = try await client.installKeys(of: instance) },
            { _ = try await client.setPassword(of: instance) }, { _ = try await client.forwardedPorts(of: instance).all() },
            { _ = try await client.openForwardedPort(OpenForwardedPortRequest(targetPort: 22), of: instance) },
            { _ = try await client.update(instance, UpdateInstanceRequest(name: "n"), ifMatch: "*") },
            { _ = try await client.allowedVerbs(of: instance) }, { _ = try await client.forwardedPort(try #require(ID("fwd-1"))) },
            { _ = try await client.closeForwardedPort(try #require(ID("fwd-1"))) },
            { _ = try await client.checkpoints(of: instance).all() }, { _ = try await client.checkpoint(checkpoint, of: instance) },
            { _ = try await client.createCheckpoint(CheckpointRequest(name: "n"), of: instance) },
            { _ = try await client.returnToCheckpoint(checkpoint, of: instance) },
            { _ = try await client.dropCheckpoint(checkpoint, of: instance) },
            { _ = try await client.attachPort(AttachPortRequest(network: network), to: instance) },
            { _ = try await client.detachPort(try #require(ID("port-1")), from: instance) },
            { _ = try await client.attachDisk(AttachDiskRequest(size: .mebibytes(1)), to: instance) },
            { _ = try await client.detachDisk(disk, from: instance) }, { _ = try await client.rebuild(instance) },
            { _ = try await client.growDisk(GrowDiskRequest(disk: disk, size: .mebibytes(2)), of: instance) },
            { _ = try await client.resize(ResizeInstanceRequest(cpus: CPUCount(1)), of: instance) },
            { _ = try await client.saveAsTemplate(SaveAsTemplateRequest(name: "n"), of: instance) },
            { _ = try await client.disks().all() }, { _ = try await client.disk(disk) }, { _ = try await client.deleteDisk(disk) },
            { _ = try await client.publishRevision(1, of: template) }, { _ = try await client.retireRevision(1, of: template) },
            { _ = try await client.renew(instance) }, { _ = try await client.renew(RenewInstancesRequest(instances: [instance])) },
            { _ = try await client.recover(instance) }, { _ = try await client.notices().all() }, { _ = try await client.alarms().all() },
            { _ = try await client.clearAlarm("alarm-1") }, { _ = try await client.renewal("token") },
            { _ = try await client.renew(byLink: "token") },
            { _ = try await client.leasePolicies().all() }, { _ = try await client.leasePolicy(policy) },
            { _ = try await client.upload(file: "/dev/null", size: 0) }, { _ = try await client.images().all() },
            { _ = try await client.image(image) },
            { _ = try await client.importImage(ImportImageRequest(name: "n", upload: upload, format: .raw)) },
            { _ = try await client.templates().all() }, { _ = try await client.template(template) },
            { _ = try await client.createTemplate(CreateTemplateRequest(name: "n", image: image, cpus: CPUCount(1), memory: .zero)) },
            { _ = try await client.networks().all() }, { _ = try await client.network(network) }, { _ = try await client.hosts().all() },
            { _ = try await client.host(host) }, { _ = try await client.findings(of: host).all() }, { _ = try await client.groups().all() },
            { _ = try await client.audit() }, { _ = try await client.activities(ofObject: "clock").all() },
            { _ = try await client.backup { _ in } },
            { _ = try await client.users().all() }, { _ = try await client.user(user) },
            { _ = try await client.createUser(CreateUserRequest(login: "l")) },
            { _ = try await client.createToken(CreateTokenRequest(label: "l"), for: user) },
            { _ = try await client.tokens(of: user).all() }, { _ = try await client.revokeToken(try #require(ID("tok-1")), of: user) },
            { _ = try await client.setKeys([], of: user) }, { _ = try await client.operations().all() },
            { _ = try await client.operation(operation) }, { _ = try await client.cancel(operation) },
            { for try await _ in client.events() {} },
        ]
    }
}
