// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Testing

/// Whoever may share names a person by their login, without a list of all people.
@Suite struct SharingTests {
    private func template(_ site: Site, by principal: Principal, with subjects: [String]) async throws -> Template {
        let image = try #require(try site.disk.read { try $0.images.all().first })
        return try await site.cloud.perform(
            CreateTemplate(
                by: principal, template: site.cloud.world.ids.next(TemplateKind.self), name: DisplayName("Shared"),
                recipe: .init(
                    image: image.id, cpus: CPUCount(1), memory: .mebibytes(512), network: SimulatedSite.network,
                    leasePolicy: #require(ID("lease-lab"))), sharedWith: subjects))
    }

    /// A teacher, who may share and is no site operator, and who may use the site's image.
    private func teacher(_ site: Site) async throws -> Principal {
        let row = try await site.cloud.createUser(login: "tamas", name: nil, role: .teacher, by: site.admin)
        let image = try #require(try site.disk.read { try $0.images.all().first })
        let grant = Grant(
            id: site.cloud.world.ids.next(GrantKind.self), object: image.id.text, subject: row.id.text, level: .user, until: nil,
            pinned: false, grantedBy: site.admin.user)
        try site.disk.write { try $0.grants.insert(grant) }
        return try await site.cloud.principal(of: row.id)
    }

    @Test func aTeacherSharesWithALogin() async throws {
        let site = try await Site()
        let teacher = try await teacher(site)
        #expect(try await site.cloud.users(for: teacher).elements.map(\.id) == [teacher.user], "people are not listed to them")
        // The same person by login and by id is one grant.
        let made = try await template(site, by: teacher, with: ["bela", site.bela.user.text])
        let grants = try site.disk.read { try $0.grants.all(.equals(.object, .text(made.id.text))) }
        #expect(grants.map(\.subject) == [site.bela.user.text] && grants.allSatisfy { $0.level == .user })
        #expect(try await site.cloud.template(made.id, for: site.bela).template.id == made.id)
        await #expect(throws: CloudError(.notFound, ["object": made.id.text])) { try await site.cloud.template(made.id, for: site.anna) }
    }

    @Test(arguments: ["nobody", "BELA", "bel", "", "bela ", "user-nobody", "grp-nobody"])
    func onlyAWholeLoginIsOne(_ text: String) async throws {
        let site = try await Site()
        let teacher = try await teacher(site)
        await #expect(throws: CloudError(.notFound, ["object": text])) { try await template(site, by: teacher, with: [text]) }
        #expect(try site.disk.read { try $0.templates.all().count } == 1)
    }

    @Test func whoMayNotShareLearnsNothing() async throws {
        let site = try await Site()
        let refused = CloudError(.denied, ["verb": "create-template", "object": "the site", "needed": "publish-template"])
        for login in ["bela", "nobody"] {
            await #expect(throws: refused) { try await template(site, by: site.anna, with: [login]) }
        }
    }
}
