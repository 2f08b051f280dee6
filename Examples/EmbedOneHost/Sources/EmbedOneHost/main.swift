// SPDX-License-Identifier: Apache-2.0
// A cloud in your own program. `swift run` simulates the host; `swift run --traits Real EmbedOneHost tiny.qcow2`, as root, has real ones.
import CloudCore
import CloudSimulation
import CloudStoreSQLite

// 1. A host is four abilities: it runs machines, connects them, keeps their disks, and looks whether they answer.
#if Real
    let (host, image, format) = try await realHost(image: CommandLine.arguments.dropFirst().first ?? "tiny.qcow2")
#else
    let host = SimulatedHost(clock: SystemWallClock(), bootTime: .seconds(1)).parts
    let (image, format) = ([UInt8](repeating: 0, count: 1 << 20), ImageFormat.raw)
#endif

// 2. A world is everything that a cloud reaches for: records, hosts, time, chance, and a seal for passwords (bring a real one).
let ids = SystemIDs()
let world = World(
    store: try SQLiteMemoryStore(), hosts: HostDirectory([SimulatedSite.host: host]), clock: SystemWallClock(), ids: ids,
    passwords: SystemPasswords(), sealer: SimulatedSealer())

// 3. The cloud lives while `serve` runs. A site begins with one host, one network, one administrator.
let cloud = Cloud(world: world, clock: ContinuousClock()) { notice in print(notice) }
try await cloud.prepare(try SimulatedSite.setup())
_ = try await HostWatch(cloud: cloud).pass()  // The host has reported; before that nothing can be placed on it.
let life = Task { await cloud.serve() }
let me = try await cloud.principal(login: "admin")

// 4. Every verb is a value that says who asks. Ids are chosen before anything happens, so nothing is ever lost without a name.
let upload = try await cloud.receiveUpload(WholeBytes(image), limit: .gibibytes(4), by: me)
let (imageID, template) = (ids.next(ImageKind.self), ids.next(TemplateKind.self))
try await cloud.complete(
    ImportImage(by: me, image: imageID, name: DisplayName("tiny"), upload: upload.id, format: format, host: SimulatedSite.host))
let recipe = CreateTemplate.Recipe(
    image: imageID, cpus: CPUCount(1), memory: .mebibytes(128), network: SimulatedSite.network, leasePolicy: SimulatedSite.leasePolicy)
try await cloud.complete(CreateTemplate(by: me, template: template, name: DisplayName("Tiny"), recipe: recipe))

// 5. Three machines are one request; each start is an operation that ends when its machine is ready.
let batch = try cloud.request(template: template, name: "lab-%02d", count: 3, by: me)
try await cloud.complete(batch)
for member in batch.members {
    try await cloud.completed(member.start, by: me)
    let machine = try await cloud.instance(member.id, for: me)
    print("\(machine.instance.name) is \(machine.shown) at \(machine.port?.ipv4.description ?? "no address")")
}
let first = batch.members[0].id
try await cloud.complete(SuspendInstance(by: me, instance: first))
print("lab-01 is \(try await cloud.instance(first, for: me).shown)")
try await cloud.complete(WakeInstance(by: me, instance: first))
print("lab-01 is \(try await cloud.instance(first, for: me).shown)")

// 6. What is destroyed is out of every list, and off the host; its disk stays in the trash for a week.
for member in batch.members { try await cloud.complete(DestroyInstance(by: me, instance: member.id)) }
print("all destroyed; machines left: \(try await cloud.instances(for: me).elements.count)")
life.cancel()
