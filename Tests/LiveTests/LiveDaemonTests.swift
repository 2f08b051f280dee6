// SPDX-License-Identifier: Apache-2.0

#if Libvirt && Daemons
    import CloudAPI
    import CloudClient
    import CloudModel
    import CloudOperations
    import Foundation
    import NetFabric
    import Testing

    /// The program `lyceumd` as people run it, with real machines: asked by its socket, looked at by libvirt's own tools, and robbed of
    /// libvirtd and of its own life.
    @Suite(
        .serialized, .enabled(if: LiveHost.isPrivate && LiveHost.tinyImage != nil, "needs Scripts/private-host and a tiny image"),
        LiveDaemonTrait(), .timeLimit(.minutes(10)))
    struct LiveDaemonTests {
        /// Markup that would be a machine with devices of its own if it were written as it is.
        static let name = "</name><devices> 🦉 é"

        /// What the tests share: making it costs the boot of a guest.
        struct Scene: Sendable {
            let daemon: LiveDaemon
            let anna: CloudClient
            let template: ID<TemplateKind>
            let machine: ID<InstanceKind>
            let strangers: [Stranger]
        }

        private static let shared = SharedScene()

        private func scene() async throws -> Scene { try await Self.shared.scene(try #require(LiveDaemon.current)) }

        @Test func aUsersMachineIsReadyAndReached() async throws {
            let scene = try await scene()
            let (daemon, anna) = (scene.daemon, scene.anna)
            let machine = try await anna.instance(scene.machine).value
            #expect(machine.state == "running" && machine.ready && machine.readyAt != nil)
            #expect(try daemon.counter(scene.machine) > 0)

            let opened = try await daemon.ended(anna, anna.openForwardedPort(.init(targetPort: 22), of: scene.machine).value)
            let ports = try await anna.forwardedPorts(of: scene.machine).all()
            #expect(ports.count == 1, "\(opened.objects)")
            let port = try #require(ports.first).value
            #expect(port.targetPort == 22 && (20_000...29_999).contains(port.publicPort))
            #expect(try await daemon.host.greeting(of: port.publicPort).hasPrefix("SSH-2.0-"))

            // Another user sees none of it, and what is foreign is as what does not exist.
            let bela = try await daemon.person("bela")
            #expect(try await bela.instances().all().isEmpty)
            #expect(try await bela.operations().all().isEmpty)
            let nobody = try #require(ID<InstanceKind>("vm-00000000000000000000"))
            for (name, ask) in Self.questions {
                let foreign = await Self.problem { try await ask(bela, scene.machine) }
                let unknown = await Self.problem { try await ask(bela, nobody) }
                #expect(foreign?.status == 404 && foreign?.code == unknown?.code, "\(name): \(String(describing: foreign))")
            }
            #expect(try await anna.instance(scene.machine).value.state == "running")
        }

        private static let questions: [(String, @Sendable (CloudClient, ID<InstanceKind>) async throws -> Void)] = [
            ("show", { _ = try await $0.instance($1) }), ("suspend", { _ = try await $0.suspend($1) }),
            ("force off", { _ = try await $0.forceOff($1) }), ("destroy", { _ = try await $0.destroy($1) }),
            ("ports", { _ = try await $0.forwardedPorts(of: $1).all() }),
            ("open", { _ = try await $0.openForwardedPort(.init(targetPort: 80), of: $1) }),
        ]

        @Test func aNameIsOnlyAName() async throws {
            let scene = try await scene()
            #expect(try await scene.anna.instance(scene.machine).value.name == Self.name)
            let xml = try await scene.daemon.host.call("virsh", "dumpxml", scene.machine.text)
            #expect(xml.contains("<name>\(scene.machine)</name>") && xml.contains("&lt;/name&gt;&lt;devices&gt; 🦉 é"))
            // What we write, and what libvirt adds by itself to every domain of this board.
            let expected = [
                "audio": 1, "channel": 1, "console": 1, "controller": 3, "disk": 1, "emulator": 1, "graphics": 1, "input": 2,
                "interface": 1, "memballoon": 1, "rng": 1, "serial": 1, "video": 1,
            ]
            #expect(Self.devices(xml) == expected)
        }

        /// How many devices of each kind a domain has; nothing where it has not exactly one list of them.
        private static func devices(_ xml: String) -> [String: Int] {
            var (depth, lists, counts) = (0, 0, [String: Int]())
            for tag in xml.matches(of: #/<(/?)([A-Za-z:]+)[^>]*?(/?)>/#) {
                if tag.1 == "/" {
                    depth -= 1
                    continue
                }
                if depth == 1, tag.2 == "devices" { lists += 1 }
                if depth == 2, lists == 1 { counts[String(tag.2), default: 0] += 1 }
                if depth == 1, tag.2 != "devices", lists == 1 { lists = 2 }
                if tag.3 != "/" { depth += 1 }
            }
            return counts
        }

        /// A card and a checkpoint of a machine that runs, on a real switch and a real store.
        @Test func aMachineIsChangedWhileItRuns() async throws {
            let scene = try await scene()
            let (daemon, anna) = (scene.daemon, scene.anna)
            let machine = try await daemon.machine(anna, scene.template, "changing")
            let network = try #require(try await anna.networks().all().first).value.id
            func cards() async throws -> String { try await daemon.host.call("virsh", "domiflist", machine.text) }
            try await daemon.ended(anna, anna.attachPort(.init(network: network), to: machine).value)
            let both = try await anna.instance(machine).value.addresses
            #expect(both.count == 2 && Set(both.map(\.ipv4)).count == 2)
            let listed = try await cards()
            for address in both { #expect(listed.contains(address.mac)) }
            try await daemon.judgeDomain(of: machine)
            #expect(try await daemon.audit().differences == [])
            try await daemon.ended(anna, anna.detachPort(both[1].port, from: machine).value)
            #expect(try await !cards().contains(both[1].mac))
            try await daemon.judgeDomain(of: machine)
            #expect(try await anna.instance(machine).value.addresses.map(\.port) == [both[0].port])
            #expect(try await daemon.audit().differences == [])

            let counted = try daemon.counter(machine)
            let made = try await daemon.ended(anna, anna.createCheckpoint(.init(name: "now", memory: true), of: machine).value)
            let kept = try #require(made.objects.lazy.compactMap { ID<CheckpointKind>($0) }.first)
            let drop = await Self.refusal(anna) { try await anna.dropCheckpoint(kept, of: machine).value }
            #expect(drop?.contains("stopped") == true, "\(drop ?? "not refused")")
            for _ in 0..<2 {
                try await daemon.ended(anna, anna.returnToCheckpoint(kept, of: machine).value)
                #expect(try await anna.instance(machine).value.state == "suspended")
                #expect(try await daemon.audit().differences == [])
                try await daemon.ended(anna, anna.wake(machine).value)
                #expect(try await anna.instance(machine).value.state == "running")
                try await daemon.judgeDomain(of: machine)
                try await poll("the guest to count on from then", seconds: 20) { try daemon.counter(machine) >= counted }
            }
            try await daemon.ended(anna, anna.forceOff(machine).value)
            try await daemon.ended(anna, anna.dropCheckpoint(kept, of: machine).value)
            #expect(try await daemon.audit().differences == [])
            // From here on it boots with two cards on one network.
            try await daemon.ended(anna, anna.attachPort(.init(network: network), to: machine).value)
            try await daemon.ended(anna, anna.start(machine).value)
            let booted = try await anna.instance(machine).value
            #expect(booted.ready && booted.addresses.count == 2)
            try await daemon.judgeDomain(of: machine)
            let ask = "until nc -w 3 $1 22 </dev/null | grep -q SSH; do :; done"
            for address in booted.addresses {
                try await daemon.host.call(
                    "nsenter", "--net=/run/netns/\(NetworkNames(network).namespace)", "--", "timeout", "30", "busybox", "sh", "-c", ask,
                    "ask",
                    address.ipv4)
            }
            try await daemon.ended(anna, anna.destroy(machine).value)
        }

        @Test func libvirtdMayGoAndComeBack() async throws {
            let scene = try await scene()
            let (daemon, anna) = (scene.daemon, scene.anna.with(patience: .none))
            let counted = try daemon.counter(scene.machine)
            let clock = ContinuousClock()
            try await daemon.host.libvirtd("kill")
            let gone = clock.now
            // The last look that still showed it as known: a look of ours that comes late, on a busy machine, proves nothing.
            var (slowest, known) = (Duration.zero, gone)
            try await poll("the machine to be shown as unknown", seconds: 60) {
                let asked = clock.now
                let shown = try await anna.instance(scene.machine).value
                slowest = max(slowest, clock.now - asked)
                if shown.state != "unknown" { known = asked }
                return shown.state == "unknown" && shown.lastState == "running" && shown.lastSeen != nil
            }
            #expect(known - gone <= .seconds(16), "I12: stale evidence is shown as such after 15 s")
            #expect(slowest < .seconds(10), "an answer took \(slowest)")
            #expect(try await anna.instances().all().map(\.value.state) == ["unknown"])
            #expect(try await anna.readiness().value.status == "ok")
            #expect(try await daemon.administrator().hosts().all().map(\.value.reachable) == [false])

            // A verb says why it cannot be now, the next one who holds the machine; a launch has nowhere to go.
            let asleep = await Self.refusal(anna) { try await anna.suspend(scene.machine).value }
            #expect(asleep?.contains("cannot be reached") == true, "\(asleep ?? "no reason")")
            let down = await Self.refusal(anna) { try await anna.shutDown(scene.machine).value }
            #expect(["is held by the operation", "cannot be reached"].contains { down?.contains($0) == true }, "\(down ?? "no reason")")
            let late = CreateInstancesRequest(template: scene.template, name: "late", start: true)
            let launch = await Self.refusal(anna) { try await anna.create(late).value }
            #expect(launch?.contains("cannot be reached") == true, "\(launch ?? "no reason")")

            try await daemon.host.libvirtd("start")
            try await poll("the machine to be seen again", seconds: 20) { try await anna.instance(scene.machine).value.state == "running" }
            try await poll("the guest to count on", seconds: 20) { try daemon.counter(scene.machine) > counted }
            for late in try await anna.instances(name: "late").all() {
                try await daemon.ended(anna, anna.destroy(late.value.id).value)
            }
            #expect(try await daemon.audit().differences == [])
            #expect(try await anna.instance(scene.machine).value.state == "running")
        }

        @Test func aManagerKilledInALaunchFinishesOrUndoesIt() async throws {
            let scene = try await scene()
            let (daemon, anna) = (scene.daemon, scene.anna)
            let launch = try await anna.create(.init(template: scene.template, name: "half", start: true)).value
            var half: ID<InstanceKind>?
            // In the middle: the domain is there, and the guest is not ready.
            try await poll("the launch to be under way", seconds: 30) {
                half = try await LiveDaemon.instance(anna, in: anna.operation(launch.id).value)
                guard let half else { return false }
                return try await daemon.host.call("virsh", "list", "--all", "--name").contains(half.text)
            }
            try await daemon.kill()
            let instance = try #require(half)
            let counted = try daemon.counter(scene.machine)
            try await daemon.start()
            let audit = try await daemon.audit()
            #expect(audit.differences == [])
            let end = try await anna.instance(instance).value
            #expect((end.state == "running" && end.ready) || end.state == "pending", "\(end.state)")
            #expect(end.operation == nil)
            #expect(audit.machines == (end.state == "running" ? 2 : 1))
            try await poll("the other guest to count on", seconds: 20) { try daemon.counter(scene.machine) > counted }
            try await daemon.ended(anna, anna.destroy(instance).value)
        }

        @Test func strangersAreNeverTouchedAndNothingOfOursStays() async throws {
            let scene = try await scene()
            let daemon = scene.daemon
            for machine in try await scene.anna.instances().all() {
                try await daemon.ended(scene.anna, scene.anna.destroy(machine.value.id).value)
            }
            try await poll("the trash to be empty", seconds: 20) { try await daemon.administrator().audit().value.trashed == 0 }
            let audit = try await daemon.audit()
            #expect(audit.differences == [] && audit.machines == 0)
            let left = try await daemon.host.call("virsh", "list", "--all", "--name").split(separator: "\n").map(String.init)
            #expect(Set(left) == Set(scene.strangers.map(\.name)))
            for stranger in scene.strangers {
                #expect(try await Stranger(stranger.name, daemon.host) == stranger, "\(stranger.name) is not as it was")
            }
        }

        /// The refusal of a call; nil where it was not refused.
        private static func problem(_ call: () async throws -> Void) async -> Problem? {
            do { try await call() } catch ClientError.problem(let problem) { return problem } catch {}
            return nil
        }

        /// The sentence with which a verb was refused at once, ended, or waits; nil where it gives none.
        private static func refusal(_ client: CloudClient, _ call: () async throws -> OperationBody) async -> String? {
            do {
                var operation = try await client.operation(call().id, wait: 10).value
                if let child = operation.children.first { operation = try await client.operation(child, wait: 10).value }
                return operation.failure?.detail ?? operation.stuck.map { "\($0)" } ?? operation.waitingFor
            } catch ClientError.problem(let problem) { return problem.detail } catch { return nil }
        }
    }

    /// A domain that is not ours, as libvirt tells it.
    struct Stranger: Hashable, Sendable {
        let name: String
        let state: String
        let xml: String

        init(_ name: String, _ host: LiveNestedHost) async throws {
            self.name = name
            state = try await host.call("virsh", "domstate", name)
            xml = try await host.call("virsh", "dumpxml", name)
        }
    }

    /// Made once, by whichever test comes first.
    private actor SharedScene {
        private var made: LiveDaemonTests.Scene?

        func scene(_ daemon: LiveDaemon) async throws -> LiveDaemonTests.Scene {
            if let made { return made }
            // One is named as ours are, one waits in memory.
            var strangers: [Stranger] = []
            for name in ["vm-11111111111111111111", "somebody-elses"] {
                let xml = "<domain type='qemu'><name>\(name)</name><memory unit='MiB'>16</memory><os><type>hvm</type></os></domain>"
                try await daemon.host.call("virsh", "define", "/dev/stdin", input: xml)
            }
            try await daemon.host.call("virsh", "start", "--paused", "somebody-elses")
            for name in ["vm-11111111111111111111", "somebody-elses"] { strangers.append(try await Stranger(name, daemon.host)) }
            let anna = try await daemon.person("anna")
            let template = try await daemon.template()
            let machine = try await daemon.machine(anna, template, LiveDaemonTests.name)
            let scene = LiveDaemonTests.Scene(daemon: daemon, anna: anna, template: template, machine: machine, strangers: strangers)
            made = scene
            return scene
        }
    }
#endif
