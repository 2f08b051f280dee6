// SPDX-License-Identifier: Apache-2.0

import CloudCore

// The abilities of a host, each call in a span.

struct TimedGuests: HypervisorAbilities {
    let inner: any HypervisorAbilities
    let spans: Spans
    func start(_ guest: GuestDescription, _ command: Command) async throws {
        try await spans.around { try await inner.start(guest, command) }
    }
    func off(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.off(instance, command) }
    }
    func askToShutDown(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.askToShutDown(instance, command) }
    }
    func suspend(_ instance: ID<InstanceKind>, to memory: MemoryImage, _ command: Command) async throws {
        try await spans.around { try await inner.suspend(instance, to: memory, command) }
    }
    func wake(_ guest: GuestDescription, from memory: MemoryImage, _ command: Command) async throws {
        try await spans.around { try await inner.wake(guest, from: memory, command) }
    }
    func discard(_ memory: MemoryImage, _ command: Command) async throws {
        try await spans.around { try await inner.discard(memory, command) }
    }
    func observe(_ instance: ID<InstanceKind>) async throws -> GuestSighting {
        try await spans.around { try await inner.observe(instance) }
    }
    func observe(_ memory: MemoryImage) async throws -> Evidence<MemoryImage> { try await spans.around { try await inner.observe(memory) } }
    func health() async throws -> HostHealth { try await spans.around { try await inner.health() } }
    func isAtWork(on instance: ID<InstanceKind>) async throws -> Bool { try await spans.around { try await inner.isAtWork(on: instance) } }
    func report() async throws -> HostReport { try await spans.around { try await inner.report() } }
    func screenshot(of instance: ID<InstanceKind>) async throws -> GuestScreenshot {
        try await spans.around { try await inner.screenshot(of: instance) }
    }
    func changes(since cursor: ChangeCursor) async throws -> GuestChanges {
        try await spans.around { try await inner.changes(since: cursor) }
    }
    func leave(_ note: GuestNote, in instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.leave(note, in: instance, command) }
    }
    func ping(_ instance: ID<InstanceKind>) async throws { try await spans.around { try await inner.ping(instance) } }
    func addresses(_ instance: ID<InstanceKind>) async throws -> [String] { try await spans.around { try await inner.addresses(instance) } }
    func setClock(_ instance: ID<InstanceKind>) async throws { try await spans.around { try await inner.setClock(instance) } }
    func pause(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.pause(instance, command) }
    }
    func resume(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.resume(instance, command) }
    }
    func reset(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.reset(instance, command) }
    }
    func askToReboot(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.askToReboot(instance, command) }
    }
    func authorize(_ keys: [String], for account: String, in instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.authorize(keys, for: account, in: instance, command) }
    }
    func setPassword(
        _ password: GuestPassword, for account: String, in instance: ID<InstanceKind>, _ command: Command
    ) async throws {
        try await spans.around { try await inner.setPassword(password, for: account, in: instance, command) }
    }
    func attach(_ disk: GuestDisk, slot: Int, to instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.attach(disk, slot: slot, to: instance, command) }
    }
    func detach(_ disk: ID<DiskKind>, from instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.detach(disk, from: instance, command) }
    }
    func grow(_ disk: GuestDisk, to size: ByteCount, of instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.grow(disk, to: size, of: instance, command) }
    }
    func disks(of instance: ID<InstanceKind>) async throws -> [ID<DiskKind>] {
        try await spans.around { try await inner.disks(of: instance) }
    }
    func attach(_ port: GuestPort, to instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.attach(port, to: instance, command) }
    }
    func detach(_ port: GuestPort, from instance: ID<InstanceKind>, _ command: Command) async throws {
        try await spans.around { try await inner.detach(port, from: instance, command) }
    }
    func cards(of instance: ID<InstanceKind>) async throws -> [MACAddress] {
        try await spans.around { try await inner.cards(of: instance) }
    }
    func turn(_ instance: ID<InstanceKind>, to disk: GuestDisk, keeping memory: MemoryImage?, _ command: Command) async throws {
        try await spans.around { try await inner.turn(instance, to: disk, keeping: memory, command) }
    }
    func recall(_ memory: MemoryImage, _ command: Command) async throws {
        try await spans.around { try await inner.recall(memory, command) }
    }
    func ensure(_ seed: GuestSeed, on volume: SeedVolume, _ command: Command) async throws {
        try await spans.around { try await inner.ensure(seed, on: volume, command) }
    }
    func remove(_ volume: SeedVolume, _ command: Command) async throws {
        try await spans.around { try await inner.remove(volume, command) }
    }
    func observe(_ volume: SeedVolume) async throws -> Evidence<SeedVolume> {
        try await spans.around { try await inner.observe(volume) }
    }
    func openConsole(_ kind: ConsoleKind, of instance: ID<InstanceKind>, under fence: Fence) async throws -> any ConsoleChannel {
        try await inner.openConsole(kind, of: instance, under: fence)
    }
    func consoles() async throws -> [ID<InstanceKind>] { try await spans.around { try await inner.consoles() } }
}

struct TimedFabric: FabricAbilities {
    let inner: any FabricAbilities
    let spans: Spans
    func ensure(_ port: FabricPort, _ command: Command) async throws {
        try await Lane.$current.withValue("\(command.run)/port") { try await spans.around { try await inner.ensure(port, command) } }
    }
    func remove(_ port: FabricPort, _ command: Command) async throws {
        try await Lane.$current.withValue("\(command.run)/port") { try await spans.around { try await inner.remove(port, command) } }
    }
    func observe(_ port: FabricPort) async throws -> Evidence<FabricPort> { try await spans.around { try await inner.observe(port) } }
    func apply(_ picture: NetworkPicture, _ command: Command) async throws -> Int64 {
        try await Lane.$current.withValue("\(command.run)/network") { try await spans.around { try await inner.apply(picture, command) } }
    }
    func remove(_ network: ID<NetworkKind>, _ command: Command) async throws {
        try await spans.around { try await inner.remove(network, command) }
    }
    func observe(_ network: ID<NetworkKind>) async throws -> Evidence<AppliedNetwork> {
        try await spans.around { try await inner.observe(network) }
    }
    func health() async throws -> [HostFinding] { try await spans.around { try await inner.health() } }
    func inventory(against due: [FabricPort]) async throws -> FabricContents {
        try await spans.around { try await inner.inventory(against: due) }
    }
}

struct TimedDisks: StoreAbilities {
    let inner: any StoreAbilities
    let spans: Spans
    func receive(_ upload: ID<UploadKind>, limit: ByteCount, _ body: any ByteStream) async throws -> ReceivedUpload {
        try await spans.around { try await inner.receive(upload, limit: limit, body) }
    }
    func remove(_ upload: ID<UploadKind>) async throws { try await spans.around { try await inner.remove(upload) } }
    func publish(_ request: PublishRequest, _ command: Command) async throws -> ImageFacts {
        try await spans.around { try await inner.publish(request, command) }
    }
    func remove(_ image: ID<ImageKind>, _ command: Command) async throws {
        try await spans.around { try await inner.remove(image, command) }
    }
    func observe(_ image: ID<ImageKind>) async throws -> Evidence<ImageFacts> { try await spans.around { try await inner.observe(image) } }
    func ensure(_ overlay: OverlayDescription, _ command: Command) async throws {
        try await spans.around { try await inner.ensure(overlay, command) }
    }
    func remove(_ disk: ID<DiskKind>, _ command: Command) async throws { try await spans.around { try await inner.remove(disk, command) } }
    func observe(_ overlay: OverlayDescription) async throws -> Evidence<OverlayDescription> {
        try await spans.around { try await inner.observe(overlay) }
    }
    func grow(_ disk: ID<DiskKind>, to size: ByteCount, _ command: Command) async throws {
        try await spans.around { try await inner.grow(disk, to: size, command) }
    }
    func rebase(_ overlay: OverlayDescription, _ command: Command) async throws {
        try await spans.around { try await inner.rebase(overlay, command) }
    }
    func copy(_ request: CopyRequest, _ command: Command) async throws -> CopyProgress {
        try await spans.around { try await inner.copy(request, command) }
    }
    func space() async throws -> StoreSpace { try await spans.around { try await inner.space() } }
    func inventory() async throws -> StoreContents { try await spans.around { try await inner.inventory() } }
}

struct TimedProbe: PortProbe {
    let inner: any PortProbe
    let spans: Spans
    func answers(_ address: IPv4Address, port: UInt16, on network: ID<NetworkKind>) async throws -> Bool {
        try await spans.around { try await inner.answers(address, port: port, on: network) }
    }
}
