// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Testing

    @testable import CloudCommands

    @Suite struct AdminBackupTests {
        private func cloud(_ text: String, size: Int) -> StubCloud {
            StubCloud([
                "GET /v1/admin/backup": [
                    StubCloud.Reply(text: text, type: "application/x-tar", fields: ["x-backup-size": String(size)])
                ]
            ])
        }

        @Test func whatComesIsInTheFileAndTheKeyIsMentioned() async {
            let run = await Run.lyceum(["admin", "backup", "here"], cloud("records", size: 7))
            #expect(run.status == 0 && run.saved == ["here": "records"] && run.out.isEmpty)
            #expect(run.err.contains("here: 7 bytes") && run.err.contains("site.key"))
        }

        @Test func oneThatBreaksOffIsNone() async {
            let run = await Run.lyceum(["admin", "backup", "here"], cloud("reco", size: 7))
            #expect(run.status == 1 && run.saved.isEmpty && run.err.contains("broke off after 4 bytes"))
        }

        @Test func standardOutputIsNoFile() async {
            let run = await Run.lyceum(["admin", "backup", "-"], cloud("records", size: 7))
            #expect(run.status == 2 && run.saved.isEmpty && run.err.contains("goes into a file"), "\(run)")
        }

        @Test func aFileThatIsThereIsKept() async {
            let run = await Run.lyceum(["admin", "backup", "here"], cloud("records", size: 7), files: ["here": "older"])
            #expect(run.status != 0 && run.saved.isEmpty && run.err.contains("here"))
        }

        @Test func aRestoreIsTheDaemonsOwn() async {
            let run = await Run.lyceum(["admin", "restore", "here"], StubCloud([:]))
            #expect(run.became == ["lyceumd", "--restore", "here"])
            #expect(run.status == 2 && run.err.contains("no such file") && run.err.contains("on the machine of the daemon"))
            let check = await Run.lyceum(["admin", "restore", "here", "--check-only"], StubCloud([:]))
            #expect(check.became == ["lyceumd", "--restore", "here", "--check-config"])
        }

        @Test func whoMayNotIsTold() async {
            let denied = StubCloud(["GET /v1/admin/backup": [.problem("denied", 403)]])
            let run = await Run.lyceum(["admin", "backup", "here"], denied)
            #expect(run.status == 4 && run.saved.isEmpty)
        }
    }
#endif
