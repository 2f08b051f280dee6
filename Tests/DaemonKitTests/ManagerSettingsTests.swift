// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
import DaemonKit
import Testing

@Suite struct ManagerSettingsTests {
    private func configuration(_ values: [String: Setting.Value] = [:]) throws -> Configuration {
        try Configuration(ManagerSettings.all, file: values, prefix: "LYCEUMD").checked()
    }

    @Test func theDefaultsMakeASite() throws {
        let setup = try configuration().site()
        #expect(setup.administrator == "admin" && setup.network.gateway.description == "10.7.0.1" && setup.host.state == .active)
        #expect(setup.network.ipv4.contains(setup.network.nextAddress))
        #expect(Set(ManagerSettings.all.map(\.key)).count == ManagerSettings.all.count)
    }

    @Test(arguments: [
        ("listen.http", Setting.Value.text("0.0.0.0:80")), ("listen.http", .text("127.0.0.1")), ("listen.http", .text("127.0.0.1:99999")),
        ("listen.http", .text("192.0.2.1:8080")), ("network.ipv4", .text("10.7.0.1/16")), ("network.ipv6", .text("fd00")),
        ("network.vlan", .number(4095)), ("network.firstPort", .number(70_000)), ("network.lastPort", .number(1)),
        ("limits.rate", .number(0)), ("limits.upload", .number(-1)),
        ("listen.idle", .number(0)), ("listen.patience", .number(0)), ("listen.slowest", .number(0)), ("listen.socket", .text("api.sock")),
        ("host.acceleration", .text("fast")), ("log.style", .text("xml")), ("log.level", .text("loud")),
        ("network.upstream", .list(["dns.example"])), ("state.folder", .text("")), ("state.folder", .text("lyceum")),
        ("state.runtime", .text("run")), ("listen.socket", .text("/" + String(repeating: "s", count: 107))),
        ("trash.interval", .number(.max)), ("trash.interval", .number(0)), ("trash.keep", .number(-5)), ("host.cpuRatio", .number(0)),
        ("host.reserve", .number(-1)), ("host.reserve", .number(.max)), ("network.firstPort", .number(0)), ("simulation.boot", .number(-1)),
        ("network.ipv4", .text("10.7.0.0/31")), ("network.ipv4", .text("255.255.255.255/32")), ("network.ipv4", .text("224.0.0.0/4")),
        ("network.ipv6", .text("fe80::")), ("network.domain", .text("Bad Domain;")), ("administrator", .text("")),
        ("administrator", .text("Röot")), ("quota.instances", .number(0)), ("quota.forwardedPorts", .number(-1)),
        ("addresses.kept", .number(-1)), ("network.ipv4", .text("10.7.0.5/16")), ("network.ipv4", .text("10.7.0.1/33")),
        ("network.ipv6", .text("zz")), ("public.address", .text("foo bar")), ("public.address", .text("")), ("host.uri", .text("")),
    ])
    func whatDoesNotFitIsRefused(_ key: String, _ value: Setting.Value) {
        #expect(throws: ConfigurationError.self) { try configuration([key: value]) }
    }

    @Test func theDefaultsOfQuotasAreThoseOfTheLibrary() throws {
        #expect(try configuration().operationSettings.limits == Settings().limits)
        #expect(try configuration().operationSettings.addressesKept == Settings().addressesKept)
        let own = try configuration(["quota.instances": .number(41), "addresses.kept": .number(60)]).operationSettings
        #expect(own.limits.instances == 41 && own.addressesKept == .seconds(60))
    }

    @Test func aSettingOfTheFirstStartThatTheRecordsDoNotFollowIsSaid() throws {
        let first = try configuration().site()
        #expect(try configuration().differences(from: first).isEmpty)
        let later = try configuration(["network.lastPort": .number(40_000), "host.reserve": .number(2048), "network.ipv6": .text("")])
        let sentences = try later.differences(from: first)
        #expect(sentences.count == 3)
        #expect(sentences.contains { $0.contains("network.lastPort is 40000 now, but was 29999") })
        #expect(sentences.contains { $0.contains("network.ipv6 is nothing now, but was fd00:7::") })
    }

    /// Who opened that port to their instance would get the calls of everybody, tokens included.
    @Test func theAPIDoesNotListenWhereInstancesAreReached() throws {
        let range: [String: Setting.Value] = ["network.firstPort": .number(8000), "network.lastPort": .number(9000)]
        for (port, fits) in [(7999, true), (8000, false), (8443, false), (9000, false), (9001, true)] {
            let all = range.merging(["listen.http": .text("127.0.0.1:\(port)")]) { $1 }
            if fits { _ = try configuration(all) } else { #expect(throws: ConfigurationError.self, "\(port)") { try configuration(all) } }
        }
        let simulated = range.merging(["listen.http": .text("[::1]:8443"), "simulate": .truth(true)]) { $1 }
        #expect(try configuration(simulated).loopback?.port == 8443)
        // What the records say holds, whatever the file says by now.
        let recorded = try configuration(range.merging(["listen.http": .text("")]) { $1 }).site()
        #expect(throws: ConfigurationError.self) { try configuration(["listen.http": .text("127.0.0.1:8500")]).differences(from: recorded) }
        #expect(try !configuration(["listen.http": .text("127.0.0.1:7000")]).differences(from: recorded).isEmpty)
    }

    @Test func somebodyMustBeAbleToReachIt() {
        #expect(throws: ConfigurationError.self) { try configuration(["listen.http": .text(""), "listen.socket": .text("")]) }
    }

    @Test func loopbackAddressesAreRead() throws {
        #expect(try configuration().loopback?.port == 8080)
        #expect(try configuration(["listen.http": .text("")]).loopback == nil)
        #expect(try configuration(["listen.http": .text("[::1]:0")]).loopback?.host == "::1")
    }

    @Test func aRefusalNamesTheSettingAndShowsTheValue() throws {
        do {
            _ = try configuration(["network.vlan": .number(4095)])
            Issue.record("4095 is no VLAN")
        } catch let error as ConfigurationError {
            #expect(error.place == "network.vlan" && error.reason.contains("4095"))
        }
    }

    @Test(
        "a value that a rule or the others refuse is told with the place where it stands",
        arguments: [
            ("trash.keep", Setting.Value.number(-4), "LYCEUMD_TRASH_KEEP", "-4"),
            ("listen.http", .text("0.0.0.0:99"), "LYCEUMD_LISTEN_HTTP", "0.0.0.0:99"),
            ("network.domain", .text("Bad Domain;"), "LYCEUMD_NETWORK_DOMAIN", "Bad Domain;"),
        ])
    func aRefusalSaysWhereTheValueStands(key: String, wrong: Setting.Value, variable: String, text: String) throws {
        func refusal(_ file: [String: Setting.Value], _ environment: [String: String]) -> ConfigurationError? {
            do {
                _ = try Configuration(
                    ManagerSettings.all, file: file, places: file.mapValues { _ in "lyceumd.toml:3" }, environment: environment,
                    prefix: "LYCEUMD"
                ).checked()
                return nil
            } catch { return error as? ConfigurationError }
        }
        let inFile = refusal([key: wrong], [:])
        #expect(inFile?.place == "lyceumd.toml:3" && inFile?.reason.hasPrefix("\(key): ") == true, "\(String(describing: inFile))")
        let inVariable = refusal([:], [variable: text])
        #expect(inVariable?.place == variable && inVariable?.reason.hasPrefix("\(key): ") == true, "\(String(describing: inVariable))")
    }

    #if Daemons
        @Test func simulateIsASettingLikeAnyOther() throws {
            #expect(try ManagerSettings.read(file: nil, environment: [:], simulate: true).truth("simulate"))
            #expect(throws: ConfigurationError.self) { try ManagerSettings.read(file: "/nowhere/at/all.toml", environment: [:]) }
        }
    #endif

    @Test func rootSignsInAsTheAdministratorAndStrangersDoNot() throws {
        let settings = try configuration(["listen.group": .text("no-such-group-here")])
        #expect(settings.login(ofAccount: 0, administrator: "boss") == "boss")
        for account: UInt32 in [1, 4_000_000_000] { #expect(settings.login(ofAccount: account, administrator: "boss") == nil) }
        #expect(settings.socket?.folder == "/run/lyceum" && settings.socket?.path == "/run/lyceum/api.sock")
    }
}
