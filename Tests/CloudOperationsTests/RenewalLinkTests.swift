// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Foundation
import Testing

/// A link renews for whoever has it, and tells nothing to whoever tries others.
@Suite struct RenewalLinkTests {
    /// A site with an instance whose owner was told, and the token of the notice's link.
    private func told() async throws -> (site: Site, instance: ID<InstanceKind>, token: String) {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        site.clock.advance(by: .seconds(5 * 3600 - 1200))
        _ = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
        return (site, instance, try #require(try await site.cloud.notices(for: site.anna).elements.first).link)
    }

    private func expectInvalid(_ token: String, at site: Site, location: SourceLocation = #_sourceLocation) async throws {
        let before = try await site.snapshot(.history)
        await #expect(throws: CloudError(.linkInvalid), sourceLocation: location) { _ = try await site.cloud.renewalOffer(token) }
        await #expect(throws: CloudError(.linkInvalid), sourceLocation: location) { _ = try await site.cloud.renew(byLink: token) }
        #expect(try await before.difference(to: site.snapshot(.history)) == [], sourceLocation: location)
    }

    @Test func itShowsWhatItWouldDoAndDoesItAsOftenAsOneLikes() async throws {
        let (site, instance, token) = try await told()
        let offer = try await site.cloud.renewalOffer(token)
        let before = try site.disk.read { try $0.leases.get(instance).dates }
        #expect(offer.name.text == "mine" && offer.dates == before)
        #expect(offer.renewed.suspendAt == site.clock.now() + .seconds(5 * 3600))
        try await site.serving {
            for _ in 0..<2 {
                let renewed = try await site.cloud.renew(byLink: token)
                // Time goes on while the manager serves.
                #expect((renewed.dates.suspendAt ?? site.clock.now()) > offer.renewed.suspendAt ?? site.clock.now())
            }
        }
        #expect(try site.disk.read { try $0.leases.get(instance).renewals } == 1, "the second click is the same renewal")
        #expect(try await site.cloud.activities(of: instance, for: site.anna).contains { $0.code == "renew" && $0.actor == site.anna.user })
    }

    /// A link is good for many, without login and for days: nobody fills the store by it.
    @Test func oneThatIsUsedWithoutEndLeavesNothingBehind() async throws {
        let (site, instance, token) = try await told()
        try await site.serving { _ = try await site.cloud.renew(byLink: token) }
        let before = try await site.snapshot(.history)
        let promised = try site.disk.read { try $0.leases.get(instance).dates }
        for _ in 0..<3 { #expect(try await site.cloud.renew(byLink: token).dates == promised, "nobody serves, and nobody is needed") }
        #expect(try await before.difference(to: site.snapshot(.history)) == [])
        // Nor where it is refused.
        for (first, last, code) in [
            ("2026-01-01", "2026-12-31", ErrorCode.renewalsExhausted), ("2025-09-01", "2025-12-20", .courseClosed),
        ] {
            let course = Course(zone: "UTC", start: try #require(LocalDay(first)), end: try #require(LocalDay(last)), maximumRenewals: 1)
            try site.disk.write { tx in _ = try tx.groups.change(tx.instances.get(instance).group) { $0.course = course } }
            site.clock.advance(by: .seconds(120))
            let before = try await site.snapshot(.history)
            let refused = await #expect(throws: CloudError.self) { _ = try await site.cloud.renew(byLink: token) }
            #expect(refused?.code == code)
            #expect(try await before.difference(to: site.snapshot(.history)) == [])
        }
    }

    /// Whoever has the store, or a backup of it, has no link: the tag is in no row.
    @Test func theStoreHoldsNone() async throws {
        let (site, _, token) = try await told()
        let tag = try #require(token.split(separator: ".").last)
        let rows = try site.disk.dump().flatMap { [$0.key] + $0.value }.joined(separator: "\n")
        #expect(rows.contains("lease.suspend") && !rows.contains(tag))
        #expect(try await site.cloud.notices(for: site.anna).elements.first?.link == token, "the same whenever it is read")
    }

    @Test func atItsDateItIsOver() async throws {
        let (site, _, token) = try await told()
        site.clock.advance(by: .seconds(1200))
        try await expectInvalid(token, at: site)
    }

    @Test func noneThatIsChangedAnywhereDoesAnything() async throws {
        let (site, _, token) = try await told()
        for position in token.indices {
            let changed = token.replacingCharacters(in: position...position, with: token[position] == "0" ? "1" : "0")
            await #expect(throws: CloudError(.linkInvalid), "\(changed)") { _ = try await site.cloud.renewalOffer(changed) }
        }
        for wrong in [
            "", ".", "...", token + "0", token + "00", String(token.dropLast()), String(token.dropLast(2)), token.uppercased(), " " + token,
        ] {
            await #expect(throws: CloudError(.linkInvalid), "\(wrong)") { _ = try await site.cloud.renewalOffer(wrong) }
        }
        let parts = token.split(separator: ".")
        try await expectInvalid("\(parts[0]).\(parts[1]).+\(parts[2]).\(parts[3])", at: site)
        try await expectInvalid("\(parts[0]).\(site.bela.user).\(parts[2]).\(parts[3])", at: site)
    }

    @Test func itIsNothingForWhoIsNoLongerTheOwnerNorForWhatIsInTheTrash() async throws {
        let (site, instance, token) = try await told()
        try site.disk.write { tx in _ = try tx.instances.change(instance) { $0.owner = site.bela.user } }
        try await expectInvalid(token, at: site)
        try site.disk.write { tx in _ = try tx.instances.change(instance) { $0.owner = site.anna.user } }
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        try await expectInvalid(token, at: site)
    }
}
