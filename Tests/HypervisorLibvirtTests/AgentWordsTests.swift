// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Hypervisor
    import Testing

    @testable import HypervisorLibvirt

    /// S51, S52: an agent is whoever the guest lets speak.
    @Suite struct AgentWordsTests {
        @Test func addressesAreCanonicalSortedAndWithoutLoopback() throws {
            let answer = """
                {"return":[{"name":"lo","ip-addresses":[{"ip-address-type":"ipv4","ip-address":"127.0.0.1","prefix":8},
                {"ip-address-type":"ipv6","ip-address":"::1","prefix":128}]},
                {"name":"eth0","hardware-address":"02:00:00:00:00:01","ip-addresses":[{"ip-address-type":"ipv6","ip-address":"FE80::0:1","prefix":64},
                {"ip-address-type":"ipv4","ip-address":"10.7.0.5","prefix":24},{"ip-address":"10.7.0.5"}],"statistics":{"rx-bytes":1}},
                {"name":"eth1"}]}
                """
            #expect(try AgentWords.addresses(answer) == ["10.7.0.5", "fe80::1"])
        }

        @Test func whatIsNoAddressIsLeftOut() throws {
            let words = [
                "<script>", "$(reboot)", "10.7.0.256", "010.1.1.1", "10.7.0.5/24", "fe80::1%eth0", "::", "0.0.0.0", "", "1:2:3", "\\u0000",
            ]
            let list = words.map { #"{"ip-address":"\#($0)"}"# }.joined(separator: ",")
            #expect(
                try AgentWords.addresses(#"{"return":[{"ip-addresses":[\#(list),7,null,{},{"ip-address":[]}]},"x",[],{"ip-addresses":7}]}"#)
                    == ["fe80::1"])
        }

        @Test func moreThan64AreNotRead() throws {
            let list = (0..<5000).map { #"{"ip-address":"10.8.\#($0 / 250).\#($0 % 250)"}"# }.joined(separator: ",")
            #expect(try AgentWords.addresses(#"{"return":[{"ip-addresses":[\#(list)]}]}"#).count == 64)
        }

        @Test(arguments: [
            "", "{", "null", "[]", #"{"error":{"class":"GenericError"}}"#, #"{"return":7}"#, #"{"return":"addresses"}"#, "{}", "\u{FFFD}",
            String(repeating: "[", count: 60_000), #"{"return":"# + String(repeating: #"{"a":"#, count: 10_000),
        ])
        func whatIsNoAnswerThrows(_ answer: String) {
            #expect(throws: (any Error).self) { try AgentWords.addresses(answer) }
        }

        @Test func keysTravelAsDataAndLinesStayLines() throws {
            let command = try AgentWords.authorize([#"ssh-ed25519 AAAA "quoted" \ é"#], for: "root")
            #expect(
                command
                    == #"{"arguments":{"keys":["ssh-ed25519 AAAA \"quoted\" \\ é"],"reset":true,"username":"root"},"execute":"guest-ssh-add-authorized-keys"}"#
            )
            for key in ["", "a\nb", "#a", "a\u{0}", "a\u{7F}"] {
                #expect(throws: CloudError.self) { try AgentWords.authorize([key], for: "root") }
            }
        }

        /// A template's account is each of its machines': what the one takes, the other takes.
        @Test func anAccountIsWhatATemplateMayName() throws {
            for account in ["root", "Administrator", "anna.k", "_x", "a-1", String(repeating: "a", count: 32)] {
                #expect(AccessMethod.isAccount(account), "\(account)")
                #expect(try AgentWords.authorize([], for: account).contains(#""username":"\#(account)""#), "\(account)")
                #expect(try AgentWords.setPassword(GuestPassword("12345678"), for: account).contains(#""username":"\#(account)""#))
            }
            for account in ["", "../root", "-x", ".x", "0x", "a b", "a\n", "a\"b", "é", String(repeating: "a", count: 33)] {
                #expect(!AccessMethod.isAccount(account), "\(account)")
                #expect(throws: CloudError.self, "\(account)") { try AgentWords.authorize([], for: account) }
                #expect(throws: CloudError.self, "\(account)") { try AgentWords.setPassword(GuestPassword("12345678"), for: account) }
            }
        }

        @Test func aNoteIsInputAndNeverAPartOfTheScript() throws {
            let (one, other) = (try AgentWords.leave(GuestNote("$(reboot)\n")), try AgentWords.leave(.none))
            #expect(one.contains(#""input-data":"JChyZWJvb3QpCg==""#) && !one.contains("reboot"))
            #expect(one.replacing("JChyZWJvb3QpCg==", with: "") == other)
        }

        @Test func aPasswordTravelsAsBase64AndIsOneLine() throws {
            let command = try AgentWords.setPassword(GuestPassword(#"a"b\c d"#), for: "root")
            #expect(
                command
                    == #"{"arguments":{"crypted":false,"password":"YSJiXGMgZA==","username":"root"},"execute":"guest-set-user-password"}"#)
            for word in ["", "a\nb", "a\u{0}b", "\u{7F}", String(repeating: "x", count: 129)] {
                #expect(throws: CloudError.self) { try AgentWords.setPassword(GuestPassword(word), for: "root") }
            }
            #expect(throws: CloudError.self) { try AgentWords.setPassword(GuestPassword("12345678"), for: "root:x") }
            #expect(!"\(GuestPassword("hidden"))".contains("hidden"))
        }

        @Test func anythingReturnedIsDone() throws {
            try AgentWords.done(#"{"return":{}}"#)
            #expect(throws: (any Error).self) { try AgentWords.done(#"{"error":{}}"#) }
        }
    }
#endif
