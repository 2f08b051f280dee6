// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import CloudClient
    public import CloudModel

    /// Everything outside that a command touches. The program `lyceum` brings those of its process, tests and embedders their own.
    public struct Surroundings: Sendable {
        /// The environment variables.
        public var environment: [String: String]
        /// Whether stdin is a terminal.
        public var inputIsTerminal: Bool
        /// Whether stdout is a terminal.
        public var outputIsTerminal: Bool
        /// Whether stderr is a terminal.
        public var errorIsTerminal: Bool
        /// Writes to stdout.
        public var out: @Sendable (String) -> Void
        /// Writes to stderr.
        public var err: @Sendable (String) -> Void
        /// A line of stdin; nil at its end.
        public var line: @Sendable () -> String?
        /// The bytes of a file; of stdin for `-`.
        public var read: @Sendable (String) throws -> [UInt8]
        /// The size of a file in bytes, and whether others than its owner may read it; nil where there is none.
        public var look: @Sendable (String) -> (size: Int64, readableByOthers: Bool)?
        /// Why a file that is there cannot be read; nil where it can.
        public var objection: @Sendable (String) -> String? = { _ in nil }
        /// Makes a file for its owner alone, of what a function writes, whole or not at all; throws where there is one of that name.
        public var save: @Sendable (String, (_ write: @Sendable ([UInt8]) throws -> Void) async throws -> Void) async throws -> Void
        /// A new text of chance.
        public var key: @Sendable () -> String
        /// For waiting.
        public var clock: any Clock<Duration>
        /// The time of day, for what is said as a while from now.
        public var now: @Sendable () -> Timestamp
        /// Talks to an address for the time of a function; where a file of certificates is named, they are trusted beside the system's.
        public var connect: @Sendable (CloudAddress, _ authorities: String?, (any CloudTransport) async throws -> Void) async throws -> Void
        /// What is said on stderr if the command is interrupted from now on; nil for nothing.
        public var interrupted: @Sendable (String?) -> Void = { _ in }

        /// Goes on as another program with these arguments, found where programs are; returns only where it cannot, with the reason.
        public var become: @Sendable (_ program: String, _ arguments: [String]) -> String = { _, _ in "these surroundings run no programs" }

        /// What a console needs of stdin and stdout; nothing comes and goes unless somebody brings it.
        public var terminal = Terminal()

        /// Stdin and stdout as bytes.
        public struct Terminal: Sendable {
            /// The next piece of stdin; nil at its end, and where the task is cancelled.
            public var input: @Sendable () async -> [UInt8]? = { nil }
            /// Writes bytes to stdout.
            public var output: @Sendable ([UInt8]) -> Void = { _ in }
            /// Lets every key through as it is; the function that it gives puts the terminal back, and may be called again.
            public var makeRaw: @Sendable () -> (@Sendable () -> Void) = { {} }
            /// A terminal of nothing.
            public init() {}
        }

        /// Surroundings, one value for each of them.
        public init(
            environment: [String: String], inputIsTerminal: Bool, outputIsTerminal: Bool, errorIsTerminal: Bool,
            out: @escaping @Sendable (String) -> Void, err: @escaping @Sendable (String) -> Void, line: @escaping @Sendable () -> String?,
            read: @escaping @Sendable (String) throws -> [UInt8],
            look: @escaping @Sendable (String) -> (size: Int64, readableByOthers: Bool)?,
            objection: @escaping @Sendable (String) -> String? = { _ in nil },
            save: @escaping @Sendable (String, (_ write: @Sendable ([UInt8]) throws -> Void) async throws -> Void) async throws -> Void =
                { path, _ in throw NoFiles(path: path) },
            key: @escaping @Sendable () -> String,
            clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp,
            connect:
                @escaping @Sendable (CloudAddress, _ authorities: String?, (any CloudTransport) async throws -> Void) async throws -> Void,
            interrupted: @escaping @Sendable (String?) -> Void = { _ in }
        ) {
            self.environment = environment
            self.inputIsTerminal = inputIsTerminal
            self.outputIsTerminal = outputIsTerminal
            self.errorIsTerminal = errorIsTerminal
            self.out = out
            self.err = err
            self.line = line
            self.read = read
            self.look = look
            self.objection = objection
            self.save = save
            self.key = key
            self.clock = clock
            self.now = now
            self.connect = connect
            self.interrupted = interrupted
        }

        /// These surroundings keep no files.
        public struct NoFiles: Error {
            /// The file that was to be made.
            public let path: String
            /// The refusal of a file.
            public init(path: String) { self.path = path }
        }

        /// Whether stdout may have colours.
        var coloursOutput: Bool { outputIsTerminal && mayColour }
        /// Whether stderr may have colours.
        var coloursErrors: Bool { errorIsTerminal && mayColour }
        /// https://no-color.org: any value but the empty one says no.
        private var mayColour: Bool { environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb" }
    }
#endif
