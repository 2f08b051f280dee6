// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
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
