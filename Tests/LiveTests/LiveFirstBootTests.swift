// SPDX-License-Identifier: Apache-2.0

#if Libvirt && Daemons
    import CloudAPI
    import CloudClient
    import CloudModel
    import CloudOperations
    import Foundation
    import Testing

    /// An unchanged Debian (Examples/GuestImages/debian): imported, launched, and logged into with its user's key, without an agent and
    /// without anything in it that knows of us. Run apart from other tests, for emulated processors boot it for a minute or more.
    @Suite(
        .serialized, .enabled(if: LiveHost.isPrivate && LiveHost.debianImage != nil, "needs Scripts/private-host and a Debian image"),
        LiveDaemonTrait(), .timeLimit(.minutes(20)))
    struct LiveFirstBootTests {
        @Test func aCloudImageIsLaunchedAndLoggedInto() async throws {
            let daemon = try #require(LiveDaemon.current)
            let key = daemon.files.path("key")
            try await daemon.files.tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "anna: \"# {lab}\"", "-f", key)
            let anna = try await daemon.person("anna")
            let me = try #require(try await anna.discover().value.user).id
            let line = try String(contentsOfFile: key + ".pub", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            _ = try await anna.setKeys([line], of: me)
            let template = try await daemon.cloudImage()

            let clock = ContinuousClock()
            let began = clock.now
            let machine = try await daemon.machine(anna, template, "first")
            // A start's own limit is that of a tiny guest; a cloud image in software may be slower than that.
            try await poll("the guest to let its user in", seconds: 600) {
                try await daemon.says("true", as: "student", with: key, on: machine, for: anna) != nil
            }
            print("Debian lets its user in after \((clock.now - began).components.seconds) s")

            let shown = try await anna.instance(machine).value
            #expect(shown.state == "running" && shown.connection?.account == "student")
            func said(_ command: String) async throws -> String? {
                try await daemon.says(command, as: "student", with: key, on: machine, for: anna)
            }
            #expect(try await said("hostname") == shown.hostname)
            #expect(try await said("ip -4 -o addr show dev eth0")?.contains(try #require(shown.addresses.first).ipv4) == true)
            #expect(try await said("sudo id -u") == "0")
            // Its own word on how its first boot went, and that it is over.
            #expect(try await said("cloud-init status --wait")?.contains("status: done") == true)
            #expect(try await said("sudo cat /var/lib/cloud/data/instance-id")?.hasPrefix("\(machine).disk-") == true)

            // The hash is where passwords are kept, and in no journal of the guest or of ours; nobody else can read the volume.
            let shadow = try #require(try await said("sudo grep ^student: /etc/shadow"))
            let hash = try #require(shadow.split(separator: ":").dropFirst().first.map(String.init))
            #expect(hash.hasPrefix("$6$"))
            // It comes by the input, so that no command that is logged holds it.
            let search = "sudo sh -c 'read -r x; journalctl --no-pager | grep -cF -e \"$x\"; grep -rlF -e \"$x\" /var/log; true'"
            let found = try await daemon.says(search, as: "student", with: key, on: machine, for: anna, input: hash + "\n")
            #expect(found == "0")
            #expect(!daemon.log.contains("$6$"))
            let records = try FileManager.default.contentsOfDirectory(atPath: daemon.files.path("state")).filter {
                $0.hasPrefix("lyceum.db")
            }
            #expect(!records.isEmpty)
            for file in records {
                #expect(try Data(contentsOf: URL(filePath: daemon.files.path("state/" + file))).range(of: Data(hash.utf8)) == nil)
            }
            let volume = try #require(try daemon.seeds().first)
            #expect(volume.mode == 0o600)
            #expect(try await said("test -r /dev/vdb && echo readable || echo closed") == "closed")

            try await daemon.ended(anna, anna.destroy(machine).value)
            #expect(try daemon.seeds().isEmpty)
            let differences = try await daemon.audit().differences
            #expect(differences == [])
        }
    }

    extension LiveDaemon {
        /// The Debian image as everybody's template: no agent, ready by its port, and a seed when it boots.
        fileprivate func cloudImage() async throws -> ID<TemplateKind> {
            let site = try administrator()
            let image = try #require(LiveHost.debianImage)
            let size = try #require(try FileManager.default.attributesOfItem(atPath: image)[.size] as? Int64)
            let upload = try await site.upload(file: image, size: size).value
            let imported = try await ended(site, site.importImage(.init(name: "debian", upload: upload.id, format: .qcow2)).value)
            let request = CreateTemplateRequest(
                name: "Debian", image: try #require(ID(Substring(imported.object))), cpus: CPUCount(1), memory: .mebibytes(512),
                access: AccessMethod(transport: .tcp, port: 22, account: "student"), agent: AgentUse.none, readiness: .port,
                firstBoot: .nocloud, sharedWith: [ID<GroupKind>.everybody.text])
            let made = try await ended(site, site.createTemplate(request).value)
            return try #require(ID(Substring(made.object)))
        }

        /// What a command says in a guest, over a forwarded port; nil where nobody is let in.
        fileprivate func says(
            _ command: String, as account: String, with key: String, on machine: ID<InstanceKind>, for person: CloudClient,
            input: String = ""
        ) async throws -> String? {
            var forward = try await person.forwardedPorts(of: machine).all().first?.value
            if forward == nil {
                try await ended(person, person.openForwardedPort(.init(targetPort: 22), of: machine).value)
                forward = try await person.forwardedPorts(of: machine).all().first?.value
            }
            let port = try #require(forward).publicPort
            do {
                return try await host.call(
                    "ssh", "-i", key, "-p", "\(port)", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "LogLevel=ERROR",
                    "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "\(account)@127.0.0.1", command, input: input
                ).trimmingCharacters(in: .whitespacesAndNewlines)
            } catch is LiveDirectory.ToolFailed { return nil }
        }

        /// The volumes of first boots that lie in the store, and who may read them.
        fileprivate func seeds() throws -> [(name: String, mode: Int)] {
            let found = try #require(FileManager.default.enumerator(atPath: files.path("state")))
            return try found.compactMap { $0 as? String }.filter { $0.contains("/seeds/") }.map { name in
                let attributes = try FileManager.default.attributesOfItem(atPath: files.path("state/" + name))
                return (name, attributes[.posixPermissions] as? Int ?? 0)
            }
        }
    }
#endif
