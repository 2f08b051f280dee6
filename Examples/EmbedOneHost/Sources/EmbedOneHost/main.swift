// SPDX-License-Identifier: Apache-2.0

// A cloud of one host inside your own program: a template becomes three machines, one sleeps and wakes, all go. Simulated, or real
// with `--traits Real` (see Real.swift).

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Foundation

/// A host and what is needed to make it known.
func host() throws -> (parts: HostParts, image: [UInt8], format: ImageFormat) {
    #if Real
        return try realHost(image: CommandLine.arguments.dropFirst().first ?? "tiny.qcow2")
    #else
        return (SimulatedHost(clock: SystemWallClock(), bootTime: .seconds(1)).parts, [UInt8](repeating: 0, count: 1 << 20), .raw)
    #endif
}

struct InMemory: ByteStream {
    var bytes: [UInt8]?
    mutating func next() -> [UInt8]? {
        defer { bytes = nil }
        return bytes
    }
}

let (parts, imageBytes, format) = try host()
let sources = SystemIDs()
let world = World(
    store: try SQLiteMemoryStore(), hosts: HostDirectory([SimulatedSite.host: parts]), clock: SystemWallClock(), ids: sources,
    passwords: SystemPasswords(), sealer: SimulatedSealer())
let cloud = Cloud(world: world, clock: ContinuousClock()) { print($0) }

try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { await cloud.serve() }

    try await cloud.prepare(try SimulatedSite.setup())
    _ = try await HostWatch(cloud: cloud).pass()
    let me = try await cloud.principal(login: "admin")

    func done(_ operation: some CloudOperation) async throws -> String {
        let submitted = try await cloud.submit(operation)
        let view = try await cloud.wait(for: submitted.operation, limit: .seconds(300), by: me)
        if let failure = view.run.failure { throw CloudError(failure) }
        return submitted.object
    }

    let upload = try await cloud.receiveUpload(InMemory(bytes: imageBytes), limit: .gibibytes(4), by: me)
    let image = sources.next(ImageKind.self)
    _ = try await done(
        ImportImage(by: me, image: image, name: DisplayName("tiny"), upload: upload.id, format: format, host: SimulatedSite.host))
    let template = sources.next(TemplateKind.self)
    let recipe = CreateTemplate.Recipe(
        image: image, cpus: CPUCount(1), memory: .mebibytes(128), network: SimulatedSite.network,
        leasePolicy: SimulatedSite.leasePolicy)
    _ = try await done(CreateTemplate(by: me, template: template, name: DisplayName("Tiny"), recipe: recipe))

    let request = try cloud.request(template: template, name: "lab-%02d", count: 3, by: me)
    _ = try await done(request)
    for member in request.members {
        let start = try await cloud.wait(for: member.start, limit: .seconds(300), by: me)
        let machine = try await cloud.instance(member.id, for: me)
        print("\(machine.instance.name) is \(machine.shown) at \(machine.port?.ipv4.description ?? "?"), start \(start.run.state)")
    }
    _ = try await done(SuspendInstance(by: me, instance: request.members[0].id))
    _ = try await done(WakeInstance(by: me, instance: request.members[0].id))
    for member in request.members { _ = try await done(DestroyInstance(by: me, instance: member.id)) }
    print("all destroyed; machines left: \(try await cloud.instances(for: me).elements.count)")
    tasks.cancelAll()
}
