// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudClient
    import CloudCommands
    import CloudModel
    import Foundation
    import Glibc

    extension Surroundings {
        /// Goes on as another program; whatever is written by then has been written.
        static func become(_ program: String, _ arguments: [String]) -> String {
            var words = ([program] + arguments).map { strdup($0) } + [nil]
            // This may be a thread on which signals are blocked, and the other program would be one that nobody can interrupt.
            var (open, before) = (sigset_t(), sigset_t())
            sigemptyset(&open)
            pthread_sigmask(SIG_SETMASK, &open, &before)
            execvp(program, &words)
            let reason = String(cString: strerror(errno))
            pthread_sigmask(SIG_SETMASK, &before, nil)
            for word in words { free(word) }
            return reason
        }

        /// Those of this process, with its terminal.
        static var ofTerminal: Surroundings {
            var all = Surroundings.process
            all.terminal = .ofProcess
            all.become = Surroundings.become
            return all
        }

        private static let process = Surroundings(
            environment: ProcessInfo.processInfo.environment, inputIsTerminal: isatty(0) == 1, outputIsTerminal: isatty(1) == 1,
            errorIsTerminal: isatty(2) == 1,
            out: { write($0, to: .standardOutput) },
            err: { write($0, to: .standardError) },
            line: { readLine() },
            read: { path in
                if path == "-" { return Array(try FileHandle.standardInput.readToEnd() ?? Data()) }
                return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            },
            look: { path in
                guard let facts = try? FileManager.default.attributesOfItem(atPath: path), let size = facts[.size] as? NSNumber else {
                    return nil
                }
                let mode = (facts[.posixPermissions] as? NSNumber)?.intValue ?? 0
                return (size.int64Value, mode & 0o077 != 0)
            },
            objection: { path in
                let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
                guard file >= 0 else { return String(cString: strerror(errno)) }
                defer { close(file) }
                var facts = stat()
                guard fstat(file, &facts) == 0 else { return String(cString: strerror(errno)) }
                return facts.st_mode & S_IFMT == S_IFREG ? nil : "it is no regular file"
            },
            save: SavedFile.make,
            key: {
                var source = SystemRandomNumberGenerator()
                return "cli-" + String(source.next() as UInt64, radix: 36) + String(source.next() as UInt64, radix: 36)
            },
            clock: ContinuousClock(),
            now: { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) },
            connect: { address, authorities, body in
                try await HTTPTransport.with(address, authorities: authorities) { try await body($0) }
            },
            interrupted: Interruption.say)

        /// A reader who goes away (`| head -1`) ends the command in silence, as SIGPIPE would; a full disk is said.
        private static func write(_ text: String, to file: FileHandle) {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(file.fileDescriptor, $0.baseAddress, $0.count) }
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    if errno != EPIPE, file.fileDescriptor != 2 { perror("lyceum: the output cannot be written") }
                    exit(1)
                }
            }
        }
    }
#endif
