// SPDX-License-Identifier: Apache-2.0

#if Libvirt
    import CloudModel
    import Hypervisor
    import HypervisorLibvirt
    import Testing

    /// What people read who log in, in a real guest.
    @Suite(.serialized, .enabled(if: LiveHost.isPrivate && LiveHost.tinyImage != nil, "needs Scripts/private-host and a tiny image"))
    struct LiveNoteTests {
        @Test func aNoteIsReadAndGoesAgain() async throws {
            let fixture = try LibvirtFixture()
            let guest = try await fixture.guest()
            let place = try LiveDirectory()
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await leave(in: guest, fixture, place)) } catch { outcome = .failure(error) }
            try await fixture.host.off(guest.instance, Command(run: fixture.run(), step: "off", fence: Fence(100)))
            try outcome.get()
        }

        private func leave(in guest: GuestDescription, _ fixture: LibvirtFixture, _ place: LiveDirectory) async throws {
            let (host, instance, clock) = (fixture.host, guest.instance, ContinuousClock())
            func command(_ fence: Int64) -> Command { Command(run: fixture.run(), step: "live", fence: Fence(fence)) }
            func within(_ seconds: Int, _ what: String, _ holds: () async throws -> Bool) async throws {
                let end = clock.now + .seconds(seconds)
                while try await !holds() {
                    try #require(clock.now < end, "waited in vain for \(what)")
                    try await fixture.pass()
                }
            }
            try await host.start(guest, command(1))
            try await within(120, "the agent") {
                do { try await host.ping(instance) } catch is CloudError { return false }
                return true
            }
            let line = LiveAgentLine(instance, place)
            /// The status of a script in the guest.
            func status(_ script: String) async throws -> Int {
                let process = try await line.begin(script)
                var status: Int?
                try await within(30, script) {
                    status = try await line.end(of: process)
                    return status != nil
                }
                return try #require(status)
            }
            // Text that a shell would take for more than text.
            let text = "It is `reboot` $(reboot) 'soon' \"é\";\n"
            try await host.leave(GuestNote(text), in: instance, command(2))
            let wanted = "printf %s\\\\n 'It is `reboot` $(reboot) '\\''soon'\\'' \"é\";'"
            try await within(30, "the note") { try await status("\(wanted) | cmp - /run/motd.d/lyceum") == 0 }
            try await host.leave(.none, in: instance, command(3))
            try await within(30, "the end of the note") { try await status("test -e /run/motd.d/lyceum") == 1 }
        }
    }
#endif
