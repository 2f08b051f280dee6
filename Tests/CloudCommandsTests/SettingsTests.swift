// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudClient
    import CloudModel
    import Testing

    @testable import CloudCommands

    @Suite struct SettingsTests {
        @Test func theFileIsSmallTOML() throws {
            let text = "# mine\n\nurl = \"http://127.0.0.1:8080\" # loopback\n token='a#b'\r\n"
            #expect(try SettingsText.parse(text) == ["url": "http://127.0.0.1:8080", "token": "a#b"])
            #expect(try SettingsText.parse("token = bare\n") == ["token": "bare"])
        }

        @Test(arguments: [
            ("url", 1), ("\ntoken = \"x", 2), ("colour = \"red\"", 1), ("url = \"a\"\nurl = \"b\"", 2), ("token = \"a\" b", 1),
            ("token =", 1), ("token = a b", 1), ("token = \"a\\n\"", 1), ("= x", 1),
        ])
        func whatIsWrongIsSaidWithItsLine(text: String, line: Int) {
            let fault = #expect(throws: SettingsText.Fault.self) { try SettingsText.parse(text) }
            #expect(fault?.line == line)
        }

        @Test func optionOverEnvironmentOverFile() async {
            let files = ["/home/a/.config/lyceum/config.toml": "url = \"unix:/file.sock\"\ntoken = \"file\"\n"]
            func token(_ environment: [String: String]) async -> String? {
                let cloud = StubCloud(["GET /v1/groups": ["{\"items\":[]}"]])
                _ = await Run.lyceum(["group", "list"], cloud, environment: environment.merging(["HOME": "/home/a"]) { $1 }, files: files)
                return cloud.calls.last?["Authorization"]
            }
            #expect(await token([:]) == "Bearer file")
            #expect(await token(["LYCEUM_TOKEN": "env"]) == "Bearer env")
            #expect(await token(["LYCEUM_TOKEN": ""]) == "Bearer file")
            #expect(await token(["XDG_CONFIG_HOME": "/elsewhere"]) == nil)
        }

        @Test func aTokenThatOthersCanReadIsMentioned() async {
            let files = ["/home/a/.config/lyceum/config.toml": "token = \"x\"\n"]
            let run = await Run.lyceum(
                ["group", "list"], StubCloud(["GET /v1/groups": ["{\"items\":[]}"]]), environment: ["HOME": "/home/a"], files: files)
            #expect(run.err.contains("chmod 600") && run.status == 0)
        }

        @Test func certificatesAreReadBeforeAnythingIsSent() async throws {
            func run(_ path: String, _ files: [String: String]) async -> (Run, StubCloud) {
                let cloud = StubCloud(["GET /v1/groups": ["{\"items\":[]}"]])
                return (await Run.lyceum(["group", "list"], cloud, environment: ["LYCEUM_CA": path], files: files), cloud)
            }
            let (missing, first) = await run("/nowhere.pem", [:])
            #expect(missing.status == 2 && missing.err.contains("/nowhere.pem") && first.calls.isEmpty, "\(missing.err)")
            let (key, second) = await run("/key.pem", ["/key.pem": "-----BEGIN PUBLIC KEY-----\n"])
            #expect(key.status == 2 && key.err.contains("no certificates") && second.calls.isEmpty, "\(key.err)")
            let (fine, _) = await run("/ca.pem", ["/ca.pem": "-----BEGIN CERTIFICATE-----\n"])
            #expect(fine.status == 0, "\(fine.err)")
        }

        @Test func aTokenCannotSmuggleHeaders() async {
            let run = await Run.lyceum(["status"], StubCloud([:]), environment: ["LYCEUM_TOKEN": "a\r\nX-Evil: 1"])
            #expect(run.status == 2 && !run.err.contains("X-Evil"))
        }

        @Test(arguments: [
            ("512M", 536_870_912), ("1G", 1_073_741_824), ("1.5GiB", 1_610_612_736), ("1048576", 1_048_576), ("2t", 2_199_023_255_552),
            ("64 kB", 65_536), ("0", 0),
        ])
        func sizesAreRead(text: String, bytes: Int64) { #expect(Size(argument: text)?.count.bytes == bytes) }

        @Test(arguments: ["", "M", "-1G", "1.G", "1.5", "1.2345G", "9999999T", "1X", "1e3", "１G", "1..5G", "8388608G"])
        func whatIsNoSizeIsNone(text: String) { #expect(Size(argument: text) == nil) }

        @Test func theLanguageOfTheTerminalIsAskedFor() async {
            for (locale, language) in [("hu_HU.UTF-8", "hu"), ("C.UTF-8", nil), ("POSIX", nil), ("en_GB", "en")] {
                let cloud = StubCloud(["GET /v1/groups": ["{\"items\":[]}"]])
                _ = await Run.lyceum(["group", "list"], cloud, environment: ["LANG": locale])
                #expect(cloud.calls.last?["Accept-Language"] == language)
            }
        }
    }
#endif
