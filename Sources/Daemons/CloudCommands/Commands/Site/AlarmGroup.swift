// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient

    /// `lyceum alarm`
    struct AlarmGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "alarm", abstract: "What stops a part of the cloud until an operator has looked.",
            subcommands: [AlarmList.self, AlarmClear.self])
    }

    struct AlarmList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The alarms that stand.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws { session.output.list(try await session.client.alarms().all(), Columns.alarm) }
    }

    struct AlarmClear: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "clear", abstract: "Let go on what an alarm stopped.",
            discussion: "Look at the clock and at what is due before you do: what is destroyed then stays so.")

        @Argument(help: "The alarm's id: clock, destroy, collect, a store's, a host's or an instance's.")
        var alarm: String
        @Option(
            help: ArgumentHelp(
                "Of destroy and collect: how many more than an hour allows; of a host: how many of its missing machines are gone.",
                valueName: "count"))
        var allow: Int?
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.show(try await session.client.clearAlarm(alarm, ClearAlarmRequest(allow: allow)), Columns.alarm)
        }
    }

    /// `lyceum notice`
    struct NoticeGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "notice", abstract: "What you are to be told of your leases.", subcommands: [NoticeList.self])
    }

    struct NoticeList: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Your notices, with links that renew without login.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws { session.output.list(try await session.client.notices().all(), Columns.notice) }
    }
#endif
