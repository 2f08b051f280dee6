// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import ImageStore
import ImageStoreSim
import Synchronization
import Testing

@Suite("Bytes that become no image are collected, and no others")
struct UploadTests {
    private func importing(_ upload: ID<UploadKind>, promised: String? = nil, at site: Site, by principal: Principal) throws -> ImportImage
    {
        ImportImage(
            by: principal, image: site.cloud.world.ids.next(ImageKind.self), name: try DisplayName("other"), upload: upload, format: .raw,
            sha256: promised, host: SimulatedSite.host)
    }
    private func uploads(on site: Site) -> [ID<UploadKind>] { site.host.disks.snapshot().uploads.keys.sorted() }

    @Test func anImportTakesItsBytesAndTheirRow() async throws {
        let site = try await Site()
        _ = try await site.cloud.perform(importing(site.upload(by: site.admin), at: site, by: site.admin))
        #expect(uploads(on: site).isEmpty)
        #expect(try site.disk.read { try $0.uploads.all() }.isEmpty)
    }

    @Test func whatWasRefusedUndoneOrForgottenGoesAfterItsTimeAndNotBefore() async throws {
        let site = try await Site()
        let kept = site.cloud.world.settings.uploadsKept
        let (forgotten, refused) = (try await site.upload(by: site.admin), try await site.upload(by: site.admin))
        let thrown = await #expect(throws: RunRefused.self) {
            let promised = String(repeating: "0", count: 64)
            _ = try await site.cloud.perform(importing(refused, promised: promised, at: site, by: site.admin))
        }
        #expect(thrown?.failure.code == "image-hash-mismatch")
        site.clock.advance(by: kept - .seconds(1))
        let young = try await site.upload(by: site.admin)
        let collector = Collector(cloud: site.cloud)
        #expect(try await collector.pass(driving: true).uploads.isEmpty)
        #expect(uploads(on: site) == [forgotten, refused, young].sorted())
        site.clock.advance(by: .seconds(2))
        #expect(try await Set(collector.pass(driving: true).uploads) == [forgotten, refused])
        #expect(uploads(on: site) == [young])
        #expect(try site.disk.read { try $0.uploads.all().map(\.id) } == [young])
        #expect(try await collector.pass(driving: true).uploads.isEmpty)
    }

    @Test func whatIsBeingImportedIsLeftAlone() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let upload = try await site.upload(by: site.admin)
        probe.set(Boundary(.beforeEffect, "publish")) { _ in
            site.clock.advance(by: site.cloud.world.settings.uploadsKept * 2)
            let report = try await Collector(cloud: site.cloud).pass(driving: true)
            #expect(report.uploads.isEmpty)
            let thrown = await #expect(throws: CloudError.self) {
                _ = try await site.cloud.perform(CollectUpload(upload))
            }
            #expect(thrown?.code == .busy)
        }
        #expect(try await site.cloud.perform(importing(upload, at: site, by: site.admin)).state == .available)
    }

    @Test func whatBreaksOffLeavesNothing() async throws {
        let site = try await Site()
        let before = try await site.snapshot(.history)
        await #expect(throws: CloudError.self) {
            _ = try await site.cloud.receiveUpload(OneChunk(bytes: [1, 2, 3]), limit: ByteCount(bytes: 2), by: site.admin)
        }
        #expect(try await before.difference(to: site.snapshot(.history)) == [])
    }

    /// A store of 100 GiB, of which 6 GiB are free: a twentieth and one more.
    private func almostFull() async throws -> Site {
        var settings = Settings()
        settings.roomLookedAt = .kibibytes(64)
        let site = try await Site(settings: settings)
        try site.host.disks.leave(.gibibytes(6), of: .gibibytes(100))
        _ = try await HostWatch(cloud: site.cloud).pass()
        return site
    }

    @Test func whatIsTooMuchForTheStoreIsRefusedBeforeItComes() async throws {
        let site = try await almostFull()
        let before = try await site.snapshot(.history)
        let body = CountedPieces(of: 4)
        func receive(_ length: ByteCount) async throws -> ReceivedUpload {
            try await site.cloud.receiveUpload(body, limit: .gibibytes(100), length: length, by: site.admin)
        }
        let refused = await #expect(throws: CloudError.self) { _ = try await receive(.gibibytes(1) + ByteCount(bytes: 1)) }
        #expect(refused?.code == .storeFull && refused?.parameters["free"] == "6 GiB", "\(String(describing: refused))")
        let absurd = await #expect(throws: CloudError.self) { _ = try await receive(ByteCount(bytes: .max)) }
        #expect(absurd?.code == .storeFull && body.taken == 0, "not a byte was asked for")
        #expect(try await before.difference(to: site.snapshot(.history)) == [])
        #expect(try await receive(.gibibytes(1)).size == .kibibytes(256))
    }

    /// The store runs full while the bytes come: others write too, and who sends in pieces says no length.
    @Test func whatOutgrowsTheStoreOnItsWayIsCutOffAndLeavesNothing() async throws {
        let site = try await almostFull()
        let before = try await site.snapshot(.state)
        let body = CountedPieces(of: 100) { taken in
            if taken == 3 { try site.host.disks.leave(.gibibytes(4), of: .gibibytes(100)) }
        }
        let refused = await #expect(throws: CloudError.self) {
            _ = try await site.cloud.receiveUpload(body, limit: .gibibytes(100), by: site.admin)
        }
        #expect(refused?.code == .storeFull && refused?.parameters["store"] == SimulatedSite.store.text)
        #expect(body.taken == 3, "\(body.taken) pieces of 64 KiB, looked at after each")
        try site.host.disks.leave(.gibibytes(6), of: .gibibytes(100))
        #expect(try await before.difference(to: site.snapshot(.state)) == [])

        // A store that cannot be looked at on the way is no reason to break off.
        let away = Interference.Hurdle(CloudError(.hostUnreachable, ["host": "host-1"])) { point in
            if case .call("store.space", _, .before) = point { true } else { false }
        }
        site.stage.interference.set(Interference(hurdles: [away]))
        #expect(try await site.cloud.receiveUpload(CountedPieces(of: 4), limit: .gibibytes(1), by: site.admin).size == .kibibytes(256))
    }

    @Test func nobodyImportsTheBytesOfAnother() async throws {
        let site = try await Site()
        let tina = try await site.cloud.principal(
            of: site.cloud.createUser(login: "tina", name: DisplayName("Tina"), role: .teacher, by: site.admin).id)
        let upload = try await site.upload(by: site.admin)
        await #expect(throws: CloudError(.notFound, ["object": upload.text])) {
            _ = try await site.cloud.perform(importing(upload, at: site, by: tina))
        }
    }
}

/// So many pieces of 64 KiB, counted as they are taken.
private final class CountedPieces: ByteStream {
    private let count: Mutex<Int>
    private let all: Int
    private let coming: @Sendable (Int) throws -> Void
    init(of all: Int, _ coming: @escaping @Sendable (Int) throws -> Void = { _ in }) {
        (self.all, self.coming) = (all, coming)
        count = Mutex(0)
    }
    var taken: Int { count.withLock(\.self) }
    func next() throws -> [UInt8]? {
        let number = count.withLock { count in
            count = min(count + 1, all + 1)
            return count
        }
        guard number <= all else { return nil }
        try coming(number)
        return [UInt8](repeating: 7, count: 1 << 16)
    }
}

extension SimulatedImageStore {
    /// Others leave so much of so much.
    func leave(_ free: ByteCount, of total: ByteCount) throws {
        try intervene { state in
            // What others have is an image that nobody asks for.
            let others: ID<ImageKind> = ID(bits: 0, 99)
            state.images[others] = nil
            state.capacity = total
            let size = total - state.used - free
            state.images[others] = ImageFacts(format: .raw, virtualSize: size, fileSize: size, sha256: "")
        }
    }
}
