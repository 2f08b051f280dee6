// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudClient
    import CloudModel

    /// What is said about a failure: what, why, and the next command; and the exit status.
    struct ErrorReport: Equatable {
        var what: String
        var why: String
        var next: String
        var status: ExitStatus

        private init(_ status: ExitStatus, _ what: String, _ why: String, _ next: String) {
            self.what = what
            self.why = why
            self.next = next
            self.status = status
        }

        /// The report of an error.
        init(_ error: any Error) {
            switch error {
            case ClientError.problem(let problem): self.init(problem)
            case ClientError.unreachable(let address, let reason):
                self.init(
                    .unreachable, "The cloud does not answer", "\(address): \(reason)",
                    "start lyceumd there, or name another address: lyceum status --url http://HOST:PORT")
            case ClientError.unexpected(let status, let reason):
                self.init(
                    .failed, "The answer is not of this API", "status \(status): \(reason)",
                    "lyceum status --debug    (is this address a Lyceum cloud?)")
            case let failure as CommandFailure: self.init(failure)
            case is CancellationError: self.init(.failed, "Interrupted", "the command was ended", "lyceum operation list")
            default: self.init(.failed, "Something broke", "\(error)", "run it again with --debug")
            }
        }

        private init(_ problem: Problem) {
            self.init(ExitStatus(problem), problem.title, problem.detail, Self.next(after: problem))
        }

        private init(_ failure: CommandFailure) {
            switch failure {
            case .settings(let reason):
                self.init(
                    .usage, "The settings cannot be used", reason,
                    "correct --url, or LYCEUM_URL, LYCEUM_TOKEN or ~/.config/lyceum/config.toml")
            case .usage(let reason, let next): self.init(.usage, "The arguments do not fit", reason, next)
            case .noSuch(let kind, let name, let like):
                self.init(missing: kind, name, like, "lyceum \(kind.replacing(" ", with: "-")) list")
            case .noPart(let kind, let name, let like, let next): self.init(missing: kind, name, like, next)
            case .ambiguous(let kind, let name, let ids):
                self.init(
                    .usage, "The name is not unique",
                    "there is more than one \(kind) of the name “\(name)”: \(ids.joined(separator: ", "))",
                    "use one of these ids instead of the name")
            case .declined: self.init(.failed, "Nothing was done", "the question was not answered with yes", "run it again with --yes")
            case .file(let path, let reason): self.init(.failed, "The file cannot be used", "\(path): \(reason)", "ls -l \(path)")
            case .refused(let name, let id, let problem):
                self.init(problem)
                if name != id { why = why.replacing(id, with: "“\(name)”") }
            case .unwell(let count):
                self.init(
                    .failed, "Something is wrong", "\(count) of the checks failed; each says what is wrong, and what to do",
                    "lyceum doctor    (again, when it is done)")
            case .differences(let count):
                self.init(
                    .failed, "Records and hosts differ", "there are \(count) differences, listed above",
                    "lyceum operation list    (what is under way explains itself; look again when nothing is)")
            case .living(let name, let id, let state):
                self.init(
                    .conflict, "It is not in the trash", "“\(name)” (\(id)) is there, \(state), and needs no recovery",
                    "lyceum instance show \(id)")
            case .trashed(let name, let ids):
                let which = ids.count == 1 ? "“\(name)” (\(ids[0])) was destroyed" : "\(ids.count) of the name “\(name)” were destroyed"
                self.init(
                    .notFound, "It is in the trash", ids.count == 1 ? which : "\(which): \(ids.joined(separator: ", "))",
                    ids.count == 1
                        ? "lyceum instance recover \(ids[0])"
                        : "lyceum instance recover ID    (with one of them: lyceum instance list --trash)")
            case .away(let address, let reason, let operations, let unknown, let untouched):
                self.init(away: address, reason, operations, unknown, untouched)
            case .operations(let failed, let total): self.init(failed, of: total)
            }
        }

        private init(missing kind: String, _ name: String, _ like: [String], _ next: String) {
            let hint = like.isEmpty ? "" : "; there is \(like.map { "“\($0)”" }.joined(separator: ", "))"
            self.init(.notFound, "Not found", "there is no \(kind) “\(name)”, or you may not see it\(hint)", next)
        }

        private init(away address: String, _ reason: String, _ operations: [GoingOn], _ unknown: [String], _ untouched: [String]) {
            let which = operations.map { "\($0.id) (\($0.label))" }.joined(separator: ", ")
            var lines = ["\(address): \(reason)"]
            if !operations.isEmpty { lines.append("what has begun is recorded there, and goes on as soon as the daemon runs: \(which)") }
            if !unknown.isEmpty { lines.append("whether anything has begun for \(unknown.joined(separator: ", ")) is not known") }
            if !untouched.isEmpty { lines.append("nothing was begun for \(untouched.joined(separator: ", "))") }
            self.init(
                .unreachable, "The cloud does not answer any more", lines.joined(separator: "\n"),
                operations.first.map { "lyceum operation wait \($0.id)    (when the cloud answers again)" } ?? "lyceum operation list")
        }

        /// Several failures: the words of the worst, and a clause for each.
        private init(_ failed: [FailedOperation], of total: Int) {
            let worst = ExitStatus.fromLeastToWorst.reversed().lazy.compactMap { status in failed.first { $0.status == status } }.first
            guard let worst else {
                self = .init(.failed, "It failed", "no operation says why", "lyceum operation list"); return
            }
            let (id, state) = (worst.operation?.id.text ?? "", worst.operation?.state ?? "refused")
            if let problem = worst.problem {
                self.init(problem)
                if state == "stuck" { (what, next) = ("It is stuck: \(problem.title)", "lyceum operation show \(id)") }
            } else {
                self.init(.failed, "It ended as \(state)", "\(worst.label): \(id) says no more", "lyceum operation show \(id)")
            }
            guard total > 1 else { return }
            what = "\(failed.count) of \(total) failed: \(worst.problem?.title ?? what)"
            why = failed.map { "\($0.label): \($0.words ?? $0.operation?.state ?? state)" }.joined(separator: "\n")
        }

        /// A command where there is one, otherwise the catalogue's advice.
        private static func next(after problem: Problem) -> String {
            let parameters = problem.parameters
            switch problem.code {
            case "not-signed-in":
                return
                    "set LYCEUM_TOKEN to a token that is valid, or write token = \"…\" into ~/.config/lyceum/config.toml; a site operator makes "
                    + "one: lyceum user token LOGIN"
            case "busy": return parameters["operation"].map { "lyceum operation wait \($0)" } ?? problem.next
            case "state-forbids" where parameters["verb"] == "resize" && parameters["state"] == "running":
                return "run it again with --restart, or stop it first"
            case "state-forbids" where parameters["state"] == "destroyed" && parameters["verb"] != "destroy":
                return parameters["object"].map { "lyceum instance recover \($0)    (while its disk is kept)" } ?? problem.next
            case "state-forbids" where parameters["object"].flatMap { ID<DiskKind>($0) } != nil:
                return parameters["object"].map { "lyceum disk show \($0)" } ?? problem.next
            case "state-forbids": return parameters["object"].map { "lyceum instance show \($0)" } ?? problem.next
            case "superseded": return parameters["by"].map { "lyceum operation show \($0)" } ?? problem.next
            case "name-taken":
                guard let proposal = parameters["proposal"], !proposal.isEmpty else { return problem.next }
                return "run it again with the name “\(proposal)”"
            case "not-published":
                guard let template = parameters["template"], let draft = parameters["drafts"]?.split(separator: " ").last, Int(draft) != nil
                else { return problem.next }
                return "lyceum template publish \(template) \(draft)    (or try it: lyceum launch \(template) --revision \(draft))"
            case "hostname-taken": return parameters["proposal"].map { "run it again with --hostname \($0)" } ?? problem.next
            case "public-port-taken", "public-port-outside": return "run it again without --public for a free port, or with another one"
            case "internal-fault":
                return problem.requestId.map { "tell a site operator the request id \($0)" } ?? problem.next
            default: return problem.next
            }
        }

        /// Three lines for stderr.
        func text(colour: Bool) -> String {
            let head = colour ? "\u{1B}[31mError:\u{1B}[0m  " : "Error:  "
            let reasons = why.split(separator: "\n", omittingEmptySubsequences: false).map { Escape.line(String($0)) }.joined(
                separator: "\n        ")
            return head + Escape.line(what) + "\nWhy:    " + reasons + "\nNext:   " + Escape.line(next) + "\n"
        }
    }
#endif
