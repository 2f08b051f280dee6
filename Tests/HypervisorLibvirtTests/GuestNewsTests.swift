// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Testing

    @testable import HypervisorLibvirt

    /// What is not known of an agent keeps nobody from asking it.
    @Suite struct GuestNewsTests {
        let folder: Folder
        init() throws { folder = try Folder() }

        @Test func onlyAnAgentThatIsKnownToBeAwayIsNotAsked() throws {
            let news = GuestNews(resets: try ResetCounts(folder: folder.path + "/resets"))
            let guest = Samples.instance
            let session = news.begin()
            #expect(!news.hasNoAgent(guest))
            news.saw(agent: false, of: guest, in: session)
            #expect(news.hasNoAgent(guest) && !news.hasNoAgent(ID<InstanceKind>(bits: 0, 99)))
            news.saw(agent: true, of: guest, in: session)
            #expect(!news.hasNoAgent(guest))
            news.saw(agent: false, of: guest, in: session)
            try news.forget(guest)
            #expect(!news.hasNoAgent(guest))
        }

        @Test func whatALostSessionToldIsForgottenAlsoWhereItIsHeardLate() throws {
            let news = GuestNews(resets: try ResetCounts(folder: folder.path + "/resets"))
            let guest = Samples.instance
            let lost = news.begin()
            news.saw(agent: false, of: guest, in: lost)
            _ = news.begin()
            #expect(!news.hasNoAgent(guest))
            news.saw(agent: false, of: guest, in: lost)
            #expect(!news.hasNoAgent(guest))
        }
    }
#endif
