// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Foundation
    import Hypervisor
    import Testing

    @testable import HypervisorLibvirt

    /// What our volumes mean is not our word: cloud-init's own data source, schema, and renderers read them (Scripts/cloud-init), for names,
    /// keys and networks of all kinds. `make test` fetches the readers and names them in LYCEUM_CLOUD_INIT.
    @Suite(.enabled(if: CloudInitReaders.script != nil, "cloud-init's readers are not here: LYCEUM_CLOUD_INIT"))
    struct CloudInitReadersTests {
        @Test func theyReadWhatWasMeant() async throws {
            let folder = try ScratchFolder()
            for (index, boot) in try Self.boots().enumerated() { try await folder.add(boot, as: "seed-\(index)") }
            let (status, said) = try CloudInitReaders.judge(folder.path)
            #expect(status == 0, "\(said)")
            #expect(said.contains("cloud-init read \(try Self.boots().count) volumes"), "\(said)")
        }

        /// The judge is no rubber stamp: what is not meant, and what is no configuration, is not passed.
        @Test(arguments: ["another name", "no schema", "no label"]) func theyAreNotPleasedByAnything(_ fault: String) async throws {
            let folder = try ScratchFolder()
            let boot = try Self.boot(hostname: "lab-01")
            switch fault {
            case "another name": try await folder.add(boot, as: "seed", meaning: try Self.boot(hostname: "lab-02"))
            case "no schema":
                let seed = try boot.seed()
                let bad = GuestSeed(
                    metaData: seed.metaData, userData: seed.userData + "bootcmd: 7\n", networkConfig: seed.networkConfig)
                try await folder.add(boot, as: "seed", written: bad)
            default:
                try await folder.add(boot, as: "seed")
                try Data(repeating: 0, count: 65536).write(to: URL(filePath: folder.path + "/seed.iso"))
            }
            #expect(try CloudInitReaders.judge(folder.path).status != 0)
        }

        static func boot(
            hostname: String = "lab-01", domain: String = "lab.test", account: String = "student", keys: [String] = [key],
            byPassword: Bool = false, cards: [FirstBoot.Card] = [card(.dhcp(ipv6: false))]
        ) throws -> FirstBoot {
            FirstBoot(
                instanceID: "vm-0123456789.disk-0123456789", hostname: try DNSLabel(hostname), domain: domain,
                login: .init(
                    account: account, keys: keys, password: try PasswordHash(of: "pass\"word: #", seasoning: hostname),
                    byPassword: byPassword), cards: cards)
        }

        static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKBuFAtwPgfvvo9qTL4SMwwV7flGOJb1BCntS48VzT6v anna@lab"

        static func card(_ addressing: FirstBoot.Addressing, number: UInt64 = 1, mtu: Int? = nil) -> FirstBoot.Card {
            .init(mac: MACAddress(number: 0x02_00_00_00_00_00 + number), addressing: addressing, mtu: mtu)
        }

        static func boots() throws -> [FirstBoot] {
            // Words and numbers of YAML are names of hosts and accounts, too.
            let names = ["lab-01", "null", "true", "no", "on", "y", "0x1f", "1e3", "007", "123", "1-2", String(repeating: "a", count: 63)]
            var boots = try names.map { try boot(hostname: $0) }
            boots += try ["root", "null", "yes", "_x", "A.b-c_1", "Administrator"].map { try boot(account: $0) }
            // What a comment of a key may hold: quotes, the signs of YAML, letters that other readers end a line at.
            let comments = [
                "a: b", "# no comment", "\"quoted\" and 'single'", "back\\slash \\n \\x41", "{a: [b]}", "- - -", "%YAML 1.1",
                "*alias &anchor",
                "é😀\u{2028}\u{2029}\u{85}x", "\u{FEFF}bom", "<<: *x", "!!python/object:os.system", "| >", "''", "$6$ ${x} $(x) `x`",
            ]
            boots.append(try boot(keys: comments.map { "\(key) \($0)" }))
            boots.append(try boot(keys: []))
            boots.append(try boot(keys: (0..<100).map { "\(key)\($0)" }, byPassword: true))
            boots.append(try boot(domain: ""))
            let address = try #require(IPv4Address("10.7.0.5")), network = try #require(IPv4Network("10.7.0.0/24"))
            let gateway = try #require(IPv4Address("10.7.0.1"))
            let fixed = FirstBoot.Addresses(
                ipv4: address, network: network, ipv6: IPv6Address("fd00:7::5"), gateway: gateway, nameServers: [gateway])
            boots.append(try boot(cards: [card(.fixed(fixed), mtu: 1450)]))
            boots.append(try boot(cards: [card(.fixed(.init(ipv4: address, network: network, gateway: nil)))]))
            boots.append(try boot(cards: [card(.dhcp(ipv6: true), mtu: 9000), card(.dhcp(ipv6: false), number: 2)]))
            boots.append(try boot(cards: [card(.dhcp(ipv6: false)), card(.fixed(fixed), number: 2), card(.dhcp(ipv6: true), number: 3)]))
            return boots
        }
    }

    enum CloudInitReaders {
        static let script = ProcessInfo.processInfo.environment["LYCEUM_CLOUD_INIT"]

        static func judge(_ folder: String) throws -> (status: Int32, said: String) {
            let process = Process()
            process.executableURL = URL(filePath: try #require(script))
            process.arguments = ["judge", folder]
            let said = Pipe()
            (process.standardOutput, process.standardError) = (said, said)
            try process.run()
            let text = String(decoding: try said.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationStatus, text)
        }
    }

    /// A folder of volumes, each beside what was meant by it.
    private final class ScratchFolder: Sendable {
        let path: String

        init() throws {
            path = FileManager.default.temporaryDirectory.appending(path: "lyceum-seeds-\(UUID())").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit {
            do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record("\(path) is left: \(error)") }
        }

        /// - Parameters:
        ///   - other: what is said to be meant, where that is another than what is written.
        ///   - written: what is written instead.
        func add(_ boot: FirstBoot, as name: String, meaning other: FirstBoot? = nil, written: GuestSeed? = nil) async throws {
            let work = SeedWork(beside: "\(path)/\(name)", number: 1)
            try blocking { try work.lay(try written ?? boot.seed()) }
            // No limit that a busy machine reaches: how long the tool may take is not what is asked here.
            try await SeedTool(limit: .seconds(3600)).write(work.files, as: work.volume)
            try blocking {
                try work.publish(as: "\(path)/\(name).iso")
                try work.clear()
            }
            try JSONEncoder().encode(Meant(other ?? boot)).write(to: URL(filePath: "\(path)/\(name).json"))
        }
    }

    /// Nobody else waits for a thread of a test's tasks.
    private func blocking(_ calls: () throws -> Void) throws { try calls() }

    /// What the judge compares with.
    private struct Meant: Encodable {
        struct Card: Encodable {
            let mac: String
            let dhcp4: Bool
            let dhcp6: Bool
            let addresses: [String]
            let gateway: String?
            let mtu: Int?

            enum CodingKeys: CodingKey { case mac, dhcp4, dhcp6, addresses, gateway, mtu }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(mac, forKey: .mac)
                try container.encode(dhcp4, forKey: .dhcp4)
                try container.encode(dhcp6, forKey: .dhcp6)
                try container.encode(addresses, forKey: .addresses)
                try container.encode(gateway, forKey: .gateway)
                try container.encode(mtu, forKey: .mtu)
            }
        }
        let instanceID: String
        let hostname: String
        let fqdn: String
        let account: String
        let keys: [String]
        let hash: String
        let byPassword: Bool
        let cards: [Card]

        init(_ boot: FirstBoot) {
            instanceID = boot.instanceID
            hostname = boot.hostname.text
            fqdn = boot.domain.isEmpty ? hostname : "\(hostname).\(boot.domain)"
            account = boot.login.account
            keys = boot.login.keys
            hash = boot.login.password?.text ?? ""
            byPassword = boot.login.byPassword
            cards = boot.cards.map { card in
                switch card.addressing {
                case .dhcp(let ipv6):
                    Card(mac: card.mac.description, dhcp4: true, dhcp6: ipv6, addresses: [], gateway: nil, mtu: card.mtu)
                case .fixed(let fixed):
                    Card(
                        mac: card.mac.description, dhcp4: false, dhcp6: false,
                        addresses: ["\(fixed.ipv4)/\(fixed.network.prefixLength)"] + (fixed.ipv6.map { ["\($0)/64"] } ?? []),
                        gateway: fixed.gateway?.description, mtu: card.mtu)
                }
            }
        }
    }
#endif
