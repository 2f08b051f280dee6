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
            discussion: """
                For site operators also what was measured of each host, with the remedy of what is not as it should be. No machine notices.

                Exit status 1 where something is wrong, 6 where nothing answers. With --json each check has a level: ok, advice where it \
                works and could be better, problem where it has to be put right.
                """)

        @Flag(help: "Say every difference between the records and what is on the hosts, a line each; for site operators.") var audit = false
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let discovered: DiscoveryBody
            do { discovered = try await session.client.discover().value } catch ClientError.problem(let problem) {
                // Whoever refuses answers: the token (401), or for now everybody, as while its records are away (503).
                let refused = problem.status == 401 ? "sign-in" : "service"
                return try tell(
                    [
                        DoctorFinding("address", "\(session.client.address) answers"),
                        DoctorFinding(refused, wrong: "\(problem.detail) \(problem.next)"),
                    ], session)
            }
            var findings = [
                DoctorFinding("address", "\(session.client.address) answers as \(discovered.name) \(discovered.version)"),
                try await DoctorFinding.of("records", "the store answers") { _ = try await session.client.readiness() },
            ]
            if let user = discovered.user {
                findings.append(DoctorFinding("sign-in", "you are \(user.login), \(user.role)"))
                if user.keys.isEmpty {
                    findings.append(
                        DoctorFinding("keys", wrong: "you have no SSH key, so you cannot log in to machines: lyceum key set FILE.pub"))
                }
                if user.role == "site-operator" {
                    findings += try await site(session)
                } else if audit {
                    findings.append(DoctorFinding("audit", wrong: "not done: only site operators may compare the records with the hosts"))
                }
            } else {
                findings.append(DoctorFinding("sign-in", wrong: "you are not signed in: set LYCEUM_TOKEN"))
            }
            try tell(findings, session)
        }

        private func tell(_ findings: [DoctorFinding], _ session: Session) throws {
            report(findings, session)
            let wrong = findings.count { $0.mark == .failed }
            if wrong > 0 { throw CommandFailure.unwell(wrong) }
        }

        /// What only site operators can see.
        private func site(_ session: Session) async throws -> [DoctorFinding] {
            var findings: [DoctorFinding] = []
            for host in try await session.client.hosts().all().map(\.value) {
                let name = "host \(host.name)"
                findings.append(
                    host.reachable
                        ? DoctorFinding(name, "answers, \(host.freeDisk?.description ?? "unknown room") free")
                        : DoctorFinding(name, wrong: "does not answer: look at the log of lyceumd, and whether libvirtd runs there"))
                guard host.reachable else { continue }
                do {
                    findings += try await session.client.findings(of: host.id).all().map { DoctorFinding($0.value, on: name) }
                } catch ClientError.problem(let problem) { findings.append(DoctorFinding("\(name): measures", wrong: problem.detail)) }
            }
            return findings + (try await compared(session))
        }

        /// Records against hosts. A host that is away is compared with nothing: that is a finding, and the others are told all the same.
        private func compared(_ session: Session) async throws -> [DoctorFinding] {
            do {
                let differences = try await session.client.audit().value.differences
                guard !differences.isEmpty else { return [DoctorFinding("audit", "records and hosts agree")] }
                guard audit else { return [DoctorFinding("audit", wrong: "\(differences.count) differences: lyceum doctor --audit")] }
                return differences.map { DoctorFinding("audit", wrong: $0) }
            } catch ClientError.problem(let problem) { return [DoctorFinding("audit", wrong: problem.detail)] }
        }

        private func report(_ findings: [DoctorFinding], _ session: Session) {
            guard session.output.format != .json else {
                let checks = findings.map { finding in
                    JSONValue.object([
                        .init(key: "check", value: .string(finding.check)), .init(key: "level", value: .string(finding.mark.level)),
                        .init(key: "says", value: .string(finding.says)),
                    ])
                }
                return session.output.json(.object([.init(key: "checks", value: .array(checks))]))
            }
            let rows = findings.map { [$0.mark.rawValue, $0.check, $0.says] }
            session.output.write(
                session.output.format == .tsv
                    ? TableText.tsv(rows) : TableText.table(["", "check", ""], rows, colour: session.output.colour))
        }
    }

    /// A line of `lyceum doctor`.
    private struct DoctorFinding {
        /// How it stands. What could be better is no failure.
        enum Mark: String {
            case ok
            case advice
            case failed = "FAILED"

            /// As programs read it.
            var level: String { self == .failed ? "problem" : rawValue }
        }
        let check: String
        let mark: Mark
        /// What was found; where it is not as it should be, with the remedy.
        let says: String

        init(_ check: String, _ says: String) { (self.check, mark, self.says) = (check, .ok, says) }
        init(_ check: String, wrong: String) { (self.check, mark, says) = (check, .failed, wrong) }

        /// What a host was found to be.
        init(_ body: FindingBody, on host: String) {
            check = "\(host): \(body.check)"
            mark = body.grade == "fine" ? .ok : body.grade == "advice" ? .advice : .failed
            says = [body.says, body.remedy].compactMap { $0 }.joined(separator: ". ")
        }

        /// The finding of a call: a refusal of the cloud's is what is wrong.
        static func of(_ check: String, _ fine: String, _ call: () async throws -> Void) async throws -> DoctorFinding {
            do { try await call() } catch ClientError.problem(let problem) { return DoctorFinding(check, wrong: problem.detail) }
            return DoctorFinding(check, fine)
        }
    }
#endif
