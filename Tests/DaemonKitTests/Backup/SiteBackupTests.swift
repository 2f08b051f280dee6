// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudCore
    import CloudHTTP
    import CloudSimulation
    import CloudStoreSQLite
    import CloudWorkflow
    import Foundation
    import Testing

    @testable import DaemonKit

    /// A backup is the site of one moment, made while it goes on; a restore believes it as far as it can be true.
    @Suite struct SiteBackupTests {
        let shelf: Shelf
        let clock = SimulatedClock()
        let host: SimulatedHost
        init() throws {
            shelf = try Shelf()
            host = SimulatedHost(clock: clock, bootTime: .zero)
        }

        private func restore(_ backup: String, into folder: StateFolder, checkOnly: Bool = false) async throws -> SiteRestore.Report {
            try await SiteRestore(into: folder, copies: SQLiteCopies(), clock: clock).run(backup, checkOnly: checkOnly)
        }

        /// What a person would look for, without the numbers that a restore moves on, and what nobody knows of guests after it.
        private func facts(_ store: SQLiteStore) async throws -> [String: [String]] {
            let moved = /"(version|fence|serial)":\d+|"(told|note|nextAddress)":("[^"]*"|null),?/
            return try await store.dump().filter { !["events", "evidence", "sightings", "runs", "journal_entries"].contains($0.key) }
                .mapValues { rows in rows.map { $0.replacing(moved, with: "") } }
        }

        @Test func aRestoredSiteHasWhatItHad() async throws {
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock)
            let machine = try await site.launch(try await site.template(), "lab")
            let (before, password) = (try await facts(site.store), try await site.cloud.someSealed())
            let backup = try await site.backUp()
            try await site.store.close()

            let folder = try shelf.folder("again", keyOf: site.folder)
            let report = try await restore(backup, into: folder)
            #expect(report.settled?.operations == 0 && report.settled?.freed == [])
            let again = try await KeptSite(in: folder, host: host, clock: clock, seed: 2)
            #expect(try await facts(again.store) == before)
            #expect(try await again.cloud.someSealed() == password)
            #expect(try await again.status(machine).state == .running)
            // Whoever followed the events is told that there is nothing to go on from.
            let range = try await again.store.read { try $0.eventRange() }
            #expect(range.map { $0.lowerBound > 1_000_000_000 } ?? true)
            try await again.store.close()
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["lock", "lyceum.db", "machines", "site.key"])
        }

        @Test func theArchiveIsOneThatTarReads() async throws {
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock)
            let backup = try await site.backUp()
            let tar = Process()
            (tar.executableURL, tar.arguments) = (URL(fileURLWithPath: "/bin/tar"), ["-xf", backup, "-C", shelf.path])
            try tar.run()
            tar.waitUntilExit()
            #expect(tar.terminationStatus == 0)
            let manifest = try #require(try PrivateFiles.read(shelf.path + "/manifest.json"))
            let key = try #require(try PrivateFiles.read(site.folder.file("site.key")))
            #expect(String(decoding: manifest, as: UTF8.self).contains(#""machines" : "simulated""#))
            let whole = try Data(contentsOf: URL(fileURLWithPath: backup))
            #expect(whole.range(of: Data(key)) == nil, "the key is in it")
            #expect(try FileManager.default.contentsOfDirectory(atPath: site.folder.path).filter { $0.hasPrefix("backup") }.isEmpty)
        }

        /// Each takes as much room as the records until its last byte is sent, however slowly that is read.
        @Test func theNextIsMadeWhenTheLastWasSent() async throws {
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock)
            let backups = site.backups
            let expectRefused: @Sendable () async -> Void = {
                let refusal = await #expect(throws: CloudError.self) { _ = try await backups.backup() }
                #expect(refusal?.code == .unavailable)
            }
            let sent = try await backups.backup()
            await expectRefused()
            try await sent.write { _ in await expectRefused() }
            let brokenOff = try await backups.backup()
            await #expect(throws: CancellationError.self) { try await brokenOff.write { _ in throw CancellationError() } }
            // One that was never asked for its bytes.
            _ = try await backups.backup()
            let last = try await backups.backup()
            await expectRefused()
            try await last.write { _ in }
            try await site.store.close()
        }

        /// Every backup that is made while machines come and go is a site whose books agree.
        @Test func underLoadEachBackupIsOfOneMoment() async throws {
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock)
            let template = try await site.template()
            let backups = try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await site.cloud.runner.serve() }
                for number in 0..<24 {
                    tasks.addTask {
                        do {
                            let request = try site.cloud.request(template: template, name: "lab-\(number)", by: site.admin)
                            _ = try await site.cloud.submit(request)
                        } catch is RunnerEnded {} catch is CancellationError {}
                    }
                }
                var made: [String] = []
                for number in 0..<5 { made.append(try await site.backUp("load-\(number)")) }
                tasks.cancelAll()
                return made
            }
            for (number, backup) in backups.enumerated() {
                let folder = try shelf.folder("again-\(number)", keyOf: site.folder)
                _ = try await restore(backup, into: folder)
                let store = try await SQLiteStore.open(path: folder.file("lyceum.db"))
                try await store.read { view in
                    let (instances, statuses) = (try view.instances.all(), try view.statuses.all())
                    #expect(Set(instances.map(\.id)) == Set(statuses.map(\.id)))
                    #expect(Set(try view.disks.all().map(\.instance)) == Set(instances.map { Optional($0.id) }))
                    #expect(statuses.allSatisfy { $0.operation == nil })
                    #expect(Set(statuses.filter(\.state.holdsHost).map(\.id)) == Set(try view.claims.all().map(\.id)))
                    let used = try view.quotas.all().first { $0.key == site.admin.user.text }?.used
                    #expect(used?.instances ?? 0 == instances.count)
                }
                #expect(try await store.unfinishedRuns().isEmpty)
                try await store.close()
            }
            try await site.store.close()
        }

        /// The host has seen newer fences than the backup knows of; after a restore it obeys all the same (invariant I37).
        @Test func fencesDoNotRunBackwards() async throws {
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock)
            let machine = try await site.launch(try await site.template(), "lab")
            let backup = try await site.backUp()
            for _ in 0..<3 {
                try await site.perform(SuspendInstance(by: site.admin, instance: machine))
                _ = try await HostWatch(cloud: site.cloud).pass()
                try await site.perform(WakeInstance(by: site.admin, instance: machine))
            }
            let newest = try await site.status(machine).fence
            try await site.store.close()
            let folder = try shelf.folder("again", keyOf: site.folder)
            _ = try await restore(backup, into: folder)
            let again = try await KeptSite(in: folder, host: host, clock: clock, seed: 2)
            #expect(try await again.status(machine).fence > newest)
            try await again.perform(ForceOffInstance(by: again.admin, instance: machine))
            #expect(host.snapshot().guests.guests[machine] == nil)
            _ = try await HostWatch(cloud: again.cloud).pass()
            try await again.perform(StartInstance(by: again.admin, instance: machine))
            #expect(try await again.status(machine).state == .running)
            try await again.store.close()
        }

        /// A start was under way in the backup, and ended well afterwards. Nothing of it may be taken back: people have worked there since.
        @Test func whatWasUnderWayIsNotTakenBack() async throws {
            struct DiesBefore: BoundaryProbe {
                let place: Boundary
                func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
                    if boundary == place, kind == StartInstance.kind { throw CancellationError() }
                }
            }
            let first = try await KeptSite(
                in: shelf.folder("site"), host: host, clock: clock, probe: DiesBefore(place: Boundary(.beforeEffect, "power")))
            let template = try await first.template()
            let machine = try await first.launch(template, "lab", start: false)
            await #expect(throws: CancellationError.self) {
                try await first.perform(StartInstance(by: first.admin, instance: machine))
            }
            let backup = try await first.backUp()
            // The manager lives on, and finishes it.
            try await Cloud(world: first.cloud.world, clock: clock.waiting).runner.recover()
            #expect(try await first.status(machine).state == .running)
            try await first.store.close()

            let before = host.snapshot()
            let folder = try shelf.folder("again", keyOf: first.folder)
            let report = try await restore(backup, into: folder)
            #expect(report.settled?.operations == 1 && report.settled?.freed == [machine])
            let again = try await KeptSite(in: folder, host: host, clock: clock, seed: 2)
            try await again.cloud.runner.recover()
            _ = try await HostWatch(cloud: again.cloud).pass(driving: true)
            let status = try await again.status(machine)
            #expect(status.state == .running && status.operation == nil)
            #expect(host.snapshot().guests.guests == before.guests.guests && host.snapshot().disks == before.disks)
            let shown = try await again.cloud.activities(of: machine, for: again.admin)
            #expect(shown.contains { $0.outcome?.code == .recordsRestored })
            try await again.store.close()
        }

        /// The same, where the start was cut off for good: the watch finds nobody there, and says so.
        @Test func whatIsNotThereIsFoundOut() async throws {
            struct DiesBefore: BoundaryProbe {
                func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
                    if boundary == Boundary(.beforeEffect, "power"), kind == StartInstance.kind { throw CancellationError() }
                }
            }
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock, probe: DiesBefore())
            let machine = try await site.launch(try await site.template(), "lab", start: false)
            await #expect(throws: CancellationError.self) { try await site.perform(StartInstance(by: site.admin, instance: machine)) }
            let backup = try await site.backUp()
            try await site.store.close()
            let folder = try shelf.folder("again", keyOf: site.folder)
            _ = try await restore(backup, into: folder)
            let again = try await KeptSite(in: folder, host: host, clock: clock, seed: 2)
            _ = try await HostWatch(cloud: again.cloud).pass(driving: true)
            #expect(try await again.status(machine).state == .failed)
            _ = try await HostWatch(cloud: again.cloud).pass(driving: true)
            try await again.perform(StartInstance(by: again.admin, instance: machine))
            #expect(try await again.status(machine).state == .running)
            try await again.store.close()
        }

        /// A template was being saved in the backup. Its row was made for a revision that does not come: nobody could use it, or its name.
        @Test(arguments: [true, false]) func aTemplateThatWasBeingSavedLeavesItsNameFree(isNew: Bool) async throws {
            struct DiesBefore: BoundaryProbe {
                func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
                    if boundary == Boundary(.beforeEffect, "copy[0]") { throw CancellationError() }
                }
            }
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock, probe: DiesBefore())
            let template = try await site.template()
            let machine = try await site.launch(template, "lab")
            try await site.perform(ForceOffInstance(by: site.admin, instance: machine))
            func used(at site: KeptSite) async throws -> ResourceAmounts? {
                try await site.store.read { try $0.quotas.find(key: site.admin.user.text)?.used }
            }
            func saving(at site: KeptSite) throws -> SaveAsTemplate {
                let ids = site.cloud.world.ids
                return SaveAsTemplate(
                    by: site.admin, instance: machine, template: isNew ? ids.next(TemplateKind.self) : template,
                    name: isNew ? try DisplayName("Saved") : nil, image: ids.next(ImageKind.self))
            }
            let before = try await used(at: site)
            let cut = try saving(at: site)
            await #expect(throws: CancellationError.self) { try await site.perform(cut) }
            let backup = try await site.backUp()
            try await site.store.close()
            let folder = try shelf.folder("again", keyOf: site.folder)
            let settled = try await restore(backup, into: folder).settled
            #expect(settled?.images == [cut.image] && settled?.templates == (isNew ? [cut.template] : []))
            let again = try await KeptSite(in: folder, host: host, clock: clock, seed: 2)
            #expect(try await used(at: again) == before, "what it was charged is given back")
            _ = try await HostWatch(cloud: again.cloud).pass(driving: true)
            let saved = try await again.perform(saving(at: again))
            #expect(try await again.cloud.template(saved.template, for: again.admin).revisions.count == (isNew ? 1 : 2))
            #expect(try await again.cloud.template(template, for: again.admin).revision != nil, "others stay")
            try await again.store.close()
        }

        @Test func theTrashBeginsAnewAndKnowsOfNoCollector() async throws {
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock)
            let machine = try await site.launch(try await site.template(), "lab")
            try await site.perform(DestroyInstance(by: site.admin, instance: machine))
            let backup = try await site.backUp()
            try await site.store.close()
            clock.advance(by: .seconds(8 * 86_400))
            let folder = try shelf.folder("again", keyOf: site.folder)
            #expect(try await restore(backup, into: folder).settled?.trashed == 1)
            let again = try await KeptSite(in: folder, host: host, clock: clock, seed: 2)
            #expect(try await Collector(cloud: again.cloud).pass(driving: true).disks.isEmpty)
            try await again.store.close()
        }

        /// Whoever became operator after the backup, and is none by its records, must not log in for good.
        @Test func aGuestThatWasToldOtherKeysSinceIsToldAgain() async throws {
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock)
            let machine = try await site.launch(try await site.template(), "lab")
            #expect(try await site.store.read { try $0.instanceKeys.get(machine).told } != nil)
            let backup = try await site.backUp()
            let fence = try await site.store.read { try $0.statuses.get(machine).fence }
            try await site.store.close()
            let later = Command(run: ID(bits: 7, 7), step: "keys of later", fence: fence)
            try await host.guests.authorize(["ssh-ed25519 LATER of another operator"], for: "root", in: machine, later)
            let folder = try shelf.folder("again", keyOf: site.folder)
            _ = try await restore(backup, into: folder)
            let again = try await KeptSite(in: folder, host: host, clock: clock, seed: 2)
            _ = try await HostWatch(cloud: again.cloud).pass()
            #expect(try await KeyRing(cloud: again.cloud).pass(driving: true).begun == [machine])
            #expect(host.snapshot().guests.guests[machine]?.keys["root"] == [])
            #expect(try await KeyRing(cloud: again.cloud).pass(driving: true).begun.isEmpty)
            try await again.store.close()
        }

        // MARK: What is refused

        private func refused(_ backup: String, into folder: StateFolder, _ sentence: String) async {
            let before = (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []
            for checkOnly in [true, false] {
                await #expect {
                    _ = try await restore(backup, into: folder, checkOnly: checkOnly)
                } throws: { error in
                    let says = "\(error)".contains(sentence) && error is ConfigurationError
                    if !says { Issue.record("“\(error)” does not say “\(sentence)”") }
                    return says
                }
            }
            #expect((try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) == before)
        }

        @Test func whatIsDamagedOrCutIsRefused() async throws {
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock)
            let backup = try await site.backUp()
            try await site.store.close()
            let whole = try Data(contentsOf: URL(fileURLWithPath: backup))
            let folder = try shelf.folder("again", keyOf: site.folder)
            let file = shelf.path + "/bad"
            func put(_ bytes: Data) throws { try bytes.write(to: URL(fileURLWithPath: file)) }
            // A flipped bit anywhere: in both headers, the manifest, the records, what fills up.
            let manifest = 512 + Int(try #require(TarHeader(Array(whole.prefix(512)))).size)
            for place in [0, 130, 520, manifest - 10, 1024 + 512 + 20, 1024 + 600, whole.count / 2, whole.count - 1500, whole.count - 1] {
                var bad = whole
                bad[place] ^= 0x10
                try put(bad)
                await #expect(throws: ConfigurationError.self, "byte \(place)") { _ = try await restore(file, into: folder) }
            }
            for length in [0, 100, 512, 700, 2000, whole.count / 2, whole.count - 1024, whole.count - 1] {
                try put(whole.prefix(length))
                await #expect(throws: ConfigurationError.self, "\(length) bytes") { _ = try await restore(file, into: folder) }
            }
            try put(Data("no backup at all".utf8))
            await refused(file, into: folder, "no backup of Lyceum's")
            await refused(shelf.path + "/missing", into: folder, "No such file")
            await refused(shelf.path, into: folder, "no regular file")
            // And the whole one is good still.
            #expect(try await restore(backup, into: folder, checkOnly: true).settled == nil)
            _ = try await restore(backup, into: folder)
        }

        @Test func anotherSitesIsRefusedAndALivingFolderIsNotOverwritten() async throws {
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock)
            let backup = try await site.backUp()
            let other = try await KeptSite(in: shelf.folder("other"), host: SimulatedHost(clock: clock), clock: clock, seed: 9)
            try await other.store.close()
            let keyed = try shelf.folder("keyed", keyOf: other.folder)
            await refused(backup, into: keyed, "another site.key")
            await refused(backup, into: try shelf.folder("bare"), "site.key is not there")
            await #expect { _ = try await restore(backup, into: other.folder) } throws: { "\($0)".contains("overwrites nothing") }
            #expect(throws: CloudError.self, "a manager has it") { try StateFolder(site.folder.path) }
            try await site.store.close()
        }

        @Test func aNewerOneIsRefused() async throws {
            let site = try await KeptSite(in: shelf.folder("site"), host: host, clock: clock)
            let folder = try shelf.folder("again", keyOf: site.folder)
            try await site.store.write { _ in }
            let store = try await SQLiteCopies().check(try await copy(of: site))
            #expect(store == 1)
            // A manifest of a later format, with whatever else that may say.
            let text = Array(#"{"format": 2, "pieces": []}"#.utf8)
            let header = TarHeader(name: BackupManifest.file, size: Int64(text.count), modified: 0)
            let file = shelf.path + "/newer"
            try Data(header.bytes + text + [UInt8](repeating: 0, count: header.padding) + TarHeader.end).write(
                to: URL(fileURLWithPath: file))
            await refused(file, into: folder, "format 2")
            try await site.store.close()
        }

        private func copy(of site: KeptSite) async throws -> String {
            let path = shelf.path + "/copy"
            try await site.store.backup(to: path)
            return path
        }
    }
#endif
