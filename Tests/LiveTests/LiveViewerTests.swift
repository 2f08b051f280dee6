// SPDX-License-Identifier: Apache-2.0

#if Libvirt && Daemons
    import CloudAPI
    import CloudClient
    import CloudModel
    import Foundation
    import Glibc
    import Hypervisor
    import Testing

    /// A real guest's consoles as people open them: the display by noVNC in Chromium, the serial line by the program `lyceum`.
    @Suite(
        .serialized,
        .enabled(if: LiveHost.isPrivate && LiveHost.tinyImage != nil && LiveViewer.isThere, "needs a private host, chromium and novnc"),
        LiveDaemonTrait(web: 18_080, origins: ["http://127.0.0.1:18081"]), .timeLimit(.minutes(10)))
    struct LiveViewerTests {
        @Test func aBrowserShowsTheGuestAndItsKeysReachIt() async throws {
            let daemon = try #require(LiveDaemon.current)
            let site = try daemon.administrator()
            let machine = try await daemon.machine(site, daemon.template(), "screen")

            let ticket = try await site.consoleTicket(.display, of: machine).value
            let viewer = try LiveViewer(daemon)
            defer { viewer.end() }
            let title = try await viewer.open("ws://127.0.0.1:18080" + ticket.path)
            let seen = try #require(title.firstRange(of: "seen ").map { title[$0.upperBound...] }, "\(title)")
            let picture = try JSONDecoder().decode(Seen.self, from: Data(seen.utf8))
            #expect(picture.before.width >= 640 && picture.before.lit > 500, "the canvas is empty: \(title)")
            #expect(picture.after.lit >= picture.before.lit + 500, "what was typed is not on the guest's screen: \(title)")
            // What the browser showed is the guest's: the hypervisor's own picture has the same size, and about as much light on it.
            _ = try await daemon.host.call(
                "/usr/bin/virsh", "-q", "qemu-monitor-command", "--hmp", machine.text, "screendump \(daemon.files.path("own.ppm"))")
            let own = try ScreenPicture(pixmap: daemon.files.bytes("own.ppm"))
            let light = stride(from: 0, to: own.pixels.count, by: 3).count { own.pixels[$0..<$0 + 3].contains { $0 > 0 } }
            #expect(own.width == picture.after.width && own.height == picture.after.height)
            #expect(abs(light - picture.after.lit) < 500, "\(light) pixels are lit, and the browser showed \(picture.after.lit)")

            // The address was good once, and the log does not have it (S29).
            let again = try await viewer.open("ws://127.0.0.1:18080" + ticket.path)
            #expect(again.contains("disconnected"))
            #expect(!daemon.log.contains(ticket.ticket))
            let activities = try await site.activities(of: machine).all().map(\.value.code)
            #expect(activities.filter { $0 == "console" }.count == 1)

            try await serial(daemon, machine)
            try await site.destroyed(machine, daemon)
        }

        struct Seen: Decodable {
            struct Look: Decodable {
                let width: Int
                let height: Int
                let lit: Int
            }
            let before: Look
            let after: Look
        }

        /// `lyceum console` in a pipe: what is typed comes back, the counter goes on, and it ends with the guest.
        private func serial(_ daemon: LiveDaemon, _ machine: ID<InstanceKind>) async throws {
            let log = daemon.files.path("console.out")
            // Typed again and again: a guest that has little of a busy processor does not read the first.
            let typing = "for second in $(seq 60); do sleep 1; echo typed-by-lyceum || break; done"
            let command = "(\(typing)) | \(LiveNestedHost.repository)/.build/debug/lyceum console screen"
            let process = try daemon.host.begin(
                ["/usr/bin/env", "LYCEUM_URL=unix:\(daemon.files.path("run/api.sock"))", "/bin/sh", "-c", command], log: log)
            func text() throws -> String { String(decoding: try daemon.files.bytes("console.out"), as: UTF8.self) }
            try await poll("the serial line", seconds: 90) { try text().contains("typed-by-lyceum") && text().contains("counter ") }
            let site = try daemon.administrator()
            try await daemon.ended(site, site.forceOff(machine).value)
            try await poll("the console to end with its guest", seconds: 30) { !process.isRunning }
            #expect(try text().contains("the guest's console has ended"))
        }
    }

    extension CloudClient {
        fileprivate func destroyed(_ machine: ID<InstanceKind>, _ daemon: LiveDaemon) async throws {
            try await daemon.ended(self, destroy(machine).value)
        }
    }

    /// Chromium without a screen, and a web server with our page and noVNC, within the host of a daemon.
    final class LiveViewer {
        static let isThere =
            FileManager.default.fileExists(atPath: "/usr/bin/chromium")
            && FileManager.default.fileExists(atPath: "/usr/share/novnc/core/rfb.js")
        private let daemon: LiveDaemon
        private let server: Process

        init(_ daemon: LiveDaemon) throws {
            self.daemon = daemon
            let pages = daemon.files.path("pages")
            try FileManager.default.createDirectory(atPath: pages, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: LiveNestedHost.repository + "/Tests/Fixtures/Consoles/viewer.html", toPath: pages + "/viewer.html")
            try FileManager.default.createSymbolicLink(atPath: pages + "/novnc", withDestinationPath: "/usr/share/novnc")
            server = try daemon.host.begin(
                ["/usr/bin/python3", "-m", "http.server", "18081", "--bind", "127.0.0.1", "--directory", pages],
                log: daemon.files.path("pages.log"))
        }

        /// Ends the web server.
        func end() {
            // It has inherited that signals to end are blocked.
            do { kill(try LiveNestedHost.child(of: server.processIdentifier), SIGKILL) } catch { server.terminate() }
            server.waitUntilExit()
        }

        /// Opens our page with a WebSocket's address; gives what the page says it saw. A picture of it stays in .build.
        func open(_ address: String) async throws -> String {
            let profile = daemon.files.path("profile")
            defer { try? FileManager.default.removeItem(atPath: profile) }
            let page = "http://127.0.0.1:18081/viewer.html?url=" + address.replacing(":", with: "%3A").replacing("/", with: "%2F")
            let text = try await daemon.host.call(
                "/usr/bin/env", "HOME=\(profile)", "/usr/bin/timeout", "-k", "5", "120", "/usr/bin/python3",
                LiveNestedHost.repository + "/Tests/Fixtures/Consoles/browse", page, profile,
                LiveNestedHost.repository + "/.build/console-in-chromium.png")
            return text
        }
    }
#endif
