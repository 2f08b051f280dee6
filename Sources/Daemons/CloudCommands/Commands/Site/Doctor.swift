// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    /// `lyceum doctor`: from the outside in, a line for each thing that has to be right; what it finds wrong comes with the remedy.
    struct Doctor: CloudCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check, step by step, what a cloud needs to answer you.",
            discussion: "Exit status 1 where something is wrong, 6 where nothing answers.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let discovered = try await session.client.discover().value
            var findings = [
                Finding("address", "\(session.client.address) answers as \(discovered.name) \(discovered.version)"),
                try await Finding.of("records", "the store answers") { _ = try await session.client.readiness() },
            ]
            if let user = discovered.user {
                findings.append(Finding("sign-in", "you are \(user.login), \(user.role)"))
                if user.keys.isEmpty {
                    findings.append(Finding("keys", nil, "you have no SSH key, so you cannot log in to machines: lyceum key set FILE.pub"))
                }
                if user.role == "site-operator" { findings += try await site(session) }
            } else {
                findings.append(Finding("sign-in", nil, "you are not signed in: set LYCEUM_TOKEN"))
            }
            report(findings, session)
            let wrong = findings.count { $0.fine == nil }
            if wrong > 0 { throw CommandFailure.unwell(wrong) }
        }

        /// What only site operators can see.
        private func site(_ session: Session) async throws -> [Finding] {
            var findings: [Finding] = []
            for host in try await session.client.hosts().all().map(\.value) {
                let name = "host \(host.name)"
                findings.append(
                    host.reachable
                        ? Finding(name, "answers, \(host.freeDisk?.description ?? "unknown room") free")
                        : Finding(name, nil, "does not answer: look at the log of lyceumd, and whether libvirtd runs there"))
            }
            // A host that is away is compared with nothing: that is a finding, and the others are told all the same.
            var count = 0
            let audit = try await Finding.of("audit", "records and hosts agree") {
                count = try await session.client.audit().value.differences.count
            }
            findings.append(count == 0 ? audit : Finding("audit", nil, "\(count) differences: lyceum audit"))
            return findings
        }

        private func report(_ findings: [Finding], _ session: Session) {
            guard session.output.format != .json else {
                let checks = findings.map { finding in
                    JSONValue.object([
                        .init(key: "check", value: .string(finding.check)), .init(key: "ok", value: .boolean(finding.fine != nil)),
                        .init(key: "says", value: .string(finding.fine ?? finding.wrong)),
                    ])
                }
                return session.output.json(.object([.init(key: "checks", value: .array(checks))]))
            }
            let rows = findings.map { [$0.fine == nil ? "FAILED" : "ok", $0.check, $0.fine ?? $0.wrong] }
            session.output.write(
                session.output.format == .tsv
                    ? TableText.tsv(rows) : TableText.table(["", "check", ""], rows, colour: session.output.colour))
        }

        private struct Finding {
            let check: String
            /// What was found; nil where it is wrong.
            let fine: String?
            let wrong: String
            init(_ check: String, _ fine: String?, _ wrong: String = "") { (self.check, self.fine, self.wrong) = (check, fine, wrong) }

            /// The finding of a call: a refusal of the cloud's is what is wrong.
            static func of(_ check: String, _ fine: String, _ call: () async throws -> Void) async throws -> Finding {
                do { try await call() } catch ClientError.problem(let problem) { return Finding(check, nil, problem.detail) }
                return Finding(check, fine)
            }
        }
    }
#endif
