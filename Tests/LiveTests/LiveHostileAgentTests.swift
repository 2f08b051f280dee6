// SPDX-License-Identifier: Apache-2.0

#if Libvirt
    import CloudModel
    import Foundation
    import Hypervisor
    import HypervisorLibvirt
    import Testing

    /// An agent is whoever the guest lets speak (S51): a real guest whose agent is a script that is up to no good. Every call ends within
    /// its limit, nothing that was not done counts as done, and effects on the guest get through all the while.
    @Suite(.serialized, .enabled(if: LiveHost.isPrivate && LiveHost.tinyImage != nil, "needs Scripts/private-host and a tiny image"))
    struct LiveHostileAgentTests {
        enum Manner: String, CaseIterable, CustomStringConvertible {
            /// Takes what it is told and says nothing.
            case silent
            /// Answers everything for another command.
            case otherCommands
            /// Writes without end and without a newline.
            case endless
            /// Answers everything with success, and tells addresses of others.
            case liar
            var description: String { rawValue }

            /// What it does with the port, which is open as 3. Until libvirt has connected to the other side a read meets the end, and a
            /// script that ended with it would close the port again.
            var script: String {
                switch self {
                case .silent: "while :; do cat <&3 >/dev/null; sleep 1; done"
                case .otherCommands: #"while :; do read -r line <&3 || { sleep 1; continue; }; echo '{"return": 4711}' >&3; done"#
                case .endless: "while :; do printf '{\"return\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[' >&3; done"
                case .liar:
                    #"""
                    while :; do
                      read -r line <&3 || { sleep 1; continue; }
                      case "$line" in
                        *guest-sync*) id=${line##*:}; echo "{\"return\": ${id%%\}*}}" >&3 ;;
                        *interfaces*) echo '{"return": [{"name": "eth0", "ip-addresses": [{"ip-address": "10.7.0.1"}, {"ip-address": "$(reboot)"}]}]}' >&3 ;;
                        *) echo '{"return": {}}' >&3 ;;
                      esac
                    done
                    """#
                }
            }
        }

        @Test(arguments: Manner.allCases) func everyCallEndsAndSaysWhatIsKnown(_ manner: Manner) async throws {
            let fixture = try LibvirtFixture()
            let guest = try await fixture.guest()
            let place = try LiveDirectory()
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await speak(with: guest, manner, fixture, place)) } catch { outcome = .failure(error) }
            try await fixture.host.off(guest.instance, Command(run: fixture.run(), step: "off", fence: Fence(100)))
            try outcome.get()
        }

        private func speak(
            with guest: GuestDescription, _ manner: Manner, _ fixture: LibvirtFixture, _ place: LiveDirectory
        ) async throws {
            let (host, instance, clock) = (fixture.host, guest.instance, ContinuousClock())
            func command(_ fence: Int64) -> Command { Command(run: fixture.run(), step: "live", fence: Fence(fence)) }
            func answers() async throws -> Bool {
                do { try await host.ping(instance) } catch is CloudError { return false }
                return true
            }
            /// Whether somebody in the guest has the agent's port open.
            func isPortOpen() async throws -> Bool {
                try await place.tool("virsh", "-q", "dumpxml", instance.text).contains("name='org.qemu.guest_agent.0' state='connected'")
            }
            try await host.start(guest, command(1))
            let end = clock.now + .seconds(120)
            while try await !answers() {
                try #require(clock.now < end, "the guest did not boot")
                try await fixture.pass()
            }
            // The script lies over the agent's program, and the agent's keeper begins it when the true one is gone.
            let port = "/dev/virtio-ports/org.qemu.guest_agent.0"
            // It waits, so that whoever looks sees the port closed.
            let fake = "#!/bin/sh\nsleep 2\nexec 3<>\(port)\n\(manner.script)\n"
            let text = Data(fake.utf8).base64EncodedString()
            let takeOver =
                "echo \(text) | base64 -d >/run/fake; chmod 755 /run/fake; mount --bind /run/fake /usr/sbin/qemu-ga; sleep 1; killall qemu-ga"
            _ = try await LiveAgentLine(instance, place).begin(takeOver)
            // Nobody speaks to the port while it changes hands: libvirt would then never open it again.
            for isOpen in [false, true] {
                let end = clock.now + .seconds(120)
                while try await isPortOpen() != isOpen {
                    try #require(clock.now < end, "the script does not have the port")
                    try await fixture.pass()
                }
            }
            // libvirt says that the port is open before it has connected to it, and answers for the guest until then.
            func isConnected() async throws -> Bool {
                do { try await host.ping(instance) } catch let refusal as CloudError {
                    return !(refusal.detail ?? "").contains("is not connected")
                }
                return true
            }
            let limit = clock.now + .seconds(120)
            while try await !isConnected() {
                try #require(clock.now < limit, "libvirt does not connect to the script")
                try await fixture.pass()
            }

            // Each call has ten seconds; the processor of these hosts is slow, so a little more is let pass.
            func outcome(_ body: () async throws -> Void) async throws -> String {
                let began = clock.now
                defer { #expect(clock.now - began < .seconds(14), "\(manner)") }
                do { try await body() } catch let refusal as CloudError { return refusal.code.rawValue } catch is OutcomeUnknown {
                    return "unknown"
                }
                return "done"
            }
            let password = try await outcome {
                try await host.setPassword(GuestPassword("12345678"), for: "root", in: instance, command(2))
            }
            let keys = try await outcome { try await host.authorize([], for: "root", in: instance, command(3)) }
            let ping = try await outcome { try await host.ping(instance) }
            if manner == .liar {
                #expect(password == "done" && keys == "done" && ping == "done", "it is believed: \(password), \(keys), \(ping)")
                #expect(try await host.addresses(instance) == ["10.7.0.1"], "what is no address is left out")
            } else {
                #expect(
                    ["agent-silent", "unknown"].contains(password) && ["agent-silent", "unknown"].contains(keys), "\(password), \(keys)")
                #expect(ping == "agent-silent")
            }
            // The guest is not out of reach for it.
            let began = clock.now
            try await host.pause(instance, command(4))
            try await host.resume(instance, command(5))
            #expect(clock.now - began < .seconds(10))
        }
    }
#endif
