// SPDX-License-Identifier: Apache-2.0

import DaemonKit
import Testing

private let settings = [
    Setting("listen.http", .text("127.0.0.1:8080"), "the loopback address"), Setting("listen.socket", .text(""), "the unix socket"),
    Setting("limits.requests", .number(20), "requests a second"), Setting("simulate", .truth(false), "no real host"),
    Setting("administrators", .list([]), "logins"), Setting("secret", .text(""), "a key", secret: true),
]

@Suite struct ConfigurationTests {
    @Test func environmentOverFileOverDefaults() throws {
        let file: [String: Setting.Value] = ["limits.requests": .number(30), "simulate": .truth(true)]
        let environment = ["LYCEUMD_LIMITS_REQUESTS": "40", "LYCEUMD_ADMINISTRATORS": "ada,bob", "PATH": "/bin", "LYCEUMDX": "1"]
        let configuration = try Configuration(settings, file: file, environment: environment, prefix: "LYCEUMD")
        #expect(configuration.text("listen.http") == "127.0.0.1:8080")
        #expect(configuration.number("limits.requests") == 40)
        #expect(configuration.truth("simulate"))
        #expect(configuration.list("administrators") == ["ada", "bob"])
    }

    @Test func anUnknownOrWrongVariableIsRefused() {
        #expect(throws: ConfigurationError.self) {
            try Configuration(settings, environment: ["LYCEUMD_LIMIT_REQUESTS": "1"], prefix: "LYCEUMD")
        }
        #expect(throws: ConfigurationError.self) {
            try Configuration(settings, environment: ["LYCEUMD_SIMULATE": "maybe"], prefix: "LYCEUMD")
        }
    }

    @Test func secretsAreNotPrinted() throws {
        let configuration = try Configuration(settings, file: ["secret": .text("hunter2")], prefix: "L")
        #expect(!configuration.summary.contains("hunter2"))
        #expect(configuration.summary.contains("secret = (set)"))
    }

    @Test func whatHoldsIsShownWithWhereItComesFrom() throws {
        let configuration = try Configuration(
            ManagerSettings.all, file: ["limits.rate": .number(7), "limits.burst": .number(8)],
            places: ["limits.rate": "lyceumd.toml:2", "limits.burst": "lyceumd.toml:3"], environment: ["L_LIMITS_BURST": "9"], prefix: "L")
        let lines = configuration.summary.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("limits.rate = 7    # from lyceumd.toml:2; requests a second") })
        #expect(lines.contains { $0.hasPrefix("limits.burst = 9    # from L_LIMITS_BURST; ") })
        #expect(lines.contains { $0.hasPrefix("limits.concurrent = 64    # requests under way") })
        #expect(lines.count == ManagerSettings.all.count)
    }

    #if Daemons
        private func read(_ text: String) throws -> [String: Setting.Value] {
            try ConfigurationFile.read(text, name: "lyceumd.toml", settings: settings)
        }

        @Test func aFileGivesItsValues() throws {
            let values = try read("simulate = true\nadministrators = [\"ada\"]\n[listen]\nhttp = \"127.0.0.1:1\"\n[limits]\nrequests = 3\n")
            #expect(values["simulate"] == .truth(true) && values["administrators"] == .list(["ada"]))
            #expect(values["listen.http"] == .text("127.0.0.1:1") && values["limits.requests"] == .number(3))
        }

        @Test(arguments: [
            ("simulate = true\n\n[listen]\n# a\nhtpp = \"x\"\n", 5), ("simulat = true\n", 1), ("[limits]\nrequests = \"3\"\n", 2),
            ("simulate = true\n[limits]\nrequests = 3.5\n", 3), ("[nowhere]\nx = 1\n", 2), ("simulate = \n", 1),
            ("a = 1\na = 2\n", 2), ("[listen]\nhttp = \"a\"\n[limits]\nhttp = \"b\"\n", 4), ("limits.request = 1\n", 1),
        ])
        func aWrongKeyIsRefusedWithItsLine(_ text: String, _ line: Int) {
            do { _ = try read(text); Issue.record("taken") } catch {
                #expect((error as? ConfigurationError)?.place == "lyceumd.toml:\(line)", "\(error)")
            }
        }
    #endif
}
