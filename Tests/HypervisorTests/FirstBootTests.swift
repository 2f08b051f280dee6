// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Testing

@testable import Hypervisor

@Suite struct FirstBootTests {
    private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ anna@lab"

    private static func boot(
        account: String = "student", keys: [String] = [key], hostname: String = "lab-01", domain: String = "lab.test",
        byPassword: Bool = false, mtu: Int? = nil
    ) throws -> FirstBoot {
        let password = try PasswordHash(of: "correct horse", seasoning: "vm-1")
        return FirstBoot(
            instanceID: "vm-1.disk-1", hostname: try DNSLabel(hostname), domain: domain,
            login: .init(account: account, keys: keys, password: password, byPassword: byPassword),
            cards: [.init(mac: MACAddress(number: 0x02_00_00_00_00_01), addressing: .dhcp(ipv6: false), mtu: mtu)])
    }

    /// Whole texts, so that no change of them goes unseen. What they mean to a guest is judged by cloud-init's own readers
    /// (CloudInitReadersTests).
    @Test func theTextsAreThese() throws {
        let boot = try Self.boot(mtu: 1450)
        let seed = try boot.seed()
        #expect(seed.files.map(\.name) == ["meta-data", "network-config", "user-data"])
        #expect(seed.metaData == "instance-id: \"vm-1.disk-1\"\nlocal-hostname: \"lab-01\"\n")
        #expect(
            seed.userData == """
                #cloud-config
                hostname: "lab-01"
                fqdn: "lab-01.lab.test"
                manage_etc_hosts: "localhost"
                disable_root: true
                ssh_pwauth: false
                users:
                  - name: "student"
                    shell: "/bin/bash"
                    sudo: "ALL=(ALL) NOPASSWD:ALL"
                    lock_passwd: false
                    hashed_passwd: "\(try #require(boot.login.password).text)"
                    ssh_authorized_keys:
                      - "\(Self.key)"

                """)
        #expect(
            seed.networkConfig == """
                version: 2
                ethernets:
                  eth0:
                    match:
                      macaddress: "02:00:00:00:00:01"
                    set-name: "eth0"
                    dhcp4: true
                    dhcp6: false
                    mtu: 1450

                """)
        #expect(try Self.boot(mtu: 1450).seed() == seed)
    }

    /// What would end its line, or begin another, never comes so far.
    @Test(arguments: [
        "\(key)\nssh-rsa AAAA other", "\(key)\r", "\(key)\u{0}", "\(key)\u{1B}[2J", "", "ssh-ed25519", "command=\"x\" \(key)",
    ])
    func whatIsNoKeyIsRefused(_ key: String) throws {
        let refusal = #expect(throws: CloudError.self) { try Self.boot(keys: [Self.key, key]).seed() }
        #expect(refusal?.code == .invalidField && refusal?.parameters["pointer"] == "/keys/1")
    }

    @Test(arguments: ["", "a b", "a\nb", "-root", "0", "é", "root:x", String(repeating: "a", count: 33)])
    func whatIsNoAccountIsRefused(_ account: String) throws {
        #expect(throws: CloudError.self) { try Self.boot(account: account).seed() }
    }

    @Test(arguments: [0, 67, 65536, -1]) func whatIsNoMTUIsRefused(_ mtu: Int) throws {
        #expect(throws: CloudError.self) { try Self.boot(mtu: mtu).seed() }
    }

    /// Only printable ASCII stands in a quoted text, so no reader's idea of a line's end matters.
    @Test func everyTextIsOneQuotedScalar() {
        #expect(YAMLText.quoted("a: b # \"c\" \\ 'd'") == #""a: b # \"c\" \\ 'd'""#)
        #expect(YAMLText.quoted("\n\t\u{85}\u{2028}é😀\u{7F}") == #""\u000a\u0009\u0085\u2028\u00e9\U0001f600\u007f""#)
        for value in 0..<0x300 {
            guard let scalar = UnicodeScalar(value) else { continue }
            #expect(YAMLText.quoted(String(scalar)).unicodeScalars.allSatisfy { (" "..."~").contains($0) })
        }
    }

    @Test func rootsKeysAreOpenedWhereRootLogsIn() throws {
        let seed = try Self.boot(account: "root", byPassword: true).seed()
        #expect(seed.userData.contains("disable_root: false\nssh_pwauth: true\n") && !seed.userData.contains("sudo"))
    }

    @Test func anAccountWithoutAPasswordIsLocked() throws {
        let boot = try Self.boot()
        let login = FirstBoot.Login(account: "user", keys: boot.login.keys, password: nil, byPassword: true)
        let locked = FirstBoot(
            instanceID: boot.instanceID, hostname: boot.hostname, domain: boot.domain, login: login, cards: boot.cards)
        let text = try locked.seed().userData
        #expect(text.contains("lock_passwd: true\n") && !text.contains("hashed_passwd") && text.contains("ssh_authorized_keys"))
    }

    /// The hash stands in the one text that needs it, and is printed nowhere.
    @Test func theHashIsNotPrinted() throws {
        let boot = try Self.boot()
        let hash = try #require(boot.login.password).text
        let seed = try boot.seed()
        for printed in [
            "\(boot)", "\(boot.login)", "\(seed)", "\(try #require(boot.login.password))", String(reflecting: boot),
            String(reflecting: seed),
        ] {
            #expect(!printed.contains(hash) && !printed.contains("$6$"))
        }
        #expect(seed.userData.contains(hash) && !seed.userData.contains("correct horse"))
        var dumped = ""
        dump(boot, to: &dumped)
        dump(seed, to: &dumped)
        #expect(!dumped.contains("$6$"))
    }

    /// The vector of the hash's own description (U. Drepper), which OpenSSL computes too.
    @Test func theHashIsSHA512Crypt() throws {
        let known = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
        #expect(try PasswordHash(of: "Hello world!", salt: "saltstring").text == known)
        let one = try PasswordHash(of: "a password", seasoning: "vm-1")
        #expect(try PasswordHash(of: "a password", seasoning: "vm-1") == one)
        #expect(try PasswordHash(of: "a password", seasoning: "vm-2") != one)
        let salts = Set((0..<10_000).map { PasswordHash.salt(of: "vm-\($0)") })
        #expect(salts.count == 10_000 && salts.allSatisfy { $0.wholeMatch(of: /[.\/0-9A-Za-z]{16}/) != nil })
    }
}
