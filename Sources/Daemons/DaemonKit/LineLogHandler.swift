// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import CloudModel
    public import Logging

    /// Writes each log message as one line, as text or as JSON, with the ids of request and operation where the message has them.
    ///
    /// Control characters are escaped, so that a name can never begin a line of its own.
    public struct LineLogHandler: LogHandler {
        /// How a line looks.
        public enum Style: String, Sendable, CaseIterable {
            /// `2026-02-03T09:00:00.000Z info lyceumd: message key=value`
            case text
            /// One JSON object.
            case json
        }
        /// What all handlers of a daemon have in common, to be changed while it runs.
        public struct Look: Hashable, Sendable {
            /// How a line looks.
            public var style: Style
            /// From which level on.
            public var level: Logger.Level
            /// A look.
            public init(style: Style, level: Logger.Level) { (self.style, self.level) = (style, level) }
        }
        /// From which level on: the common one, unless this logger was given its own.
        public var logLevel: Logger.Level {
            get { ownLevel ?? look.value.level }
            set { ownLevel = newValue }
        }
        private var ownLevel: Logger.Level?
        /// What every message of this logger carries.
        public var metadata: Logger.Metadata = [:]
        /// Where further values come from.
        public var metadataProvider: Logger.MetadataProvider?
        private let label: String
        private let look: Live<Look>
        private let clock: any WallClock
        private let write: @Sendable (String) -> Void

        /// A handler that writes whole lines, without their end, by `write`.
        public init(
            label: String, style: Style, level: Logger.Level, clock: any WallClock, write: @escaping @Sendable (String) -> Void
        ) {
            self.init(label: label, look: Live(Look(style: style, level: level)), clock: clock, write: write)
        }

        /// A handler whose look may change.
        public init(label: String, look: Live<Look>, clock: any WallClock, write: @escaping @Sendable (String) -> Void) {
            self.label = label
            self.look = look
            self.clock = clock
            self.write = write
        }

        /// One value that every message carries.
        public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        /// Writes one message.
        public func log(event: LogEvent) {
            var all = metadataProvider?.get() ?? [:]
            all.merge(metadata) { _, new in new }
            all.merge(event.metadata ?? [:]) { _, new in new }
            if let error = event.error { all["error"] = "\(error)" }
            let pairs = all.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }
            let time = LogTime.text(clock.now())
            switch look.value.style {
            case .text:
                let values = pairs.map { " \($0)=\(LogEscape.value($1))" }.joined()
                write("\(time) \(event.level.rawValue) \(label): \(LogEscape.line(event.message.description))\(values)")
            case .json:
                let fixed = [
                    ("time", time), ("level", event.level.rawValue), ("part", label), ("message", event.message.description),
                ]
                let names = Set(fixed.map(\.0))
                let members = (fixed + pairs.map { (names.contains($0) ? "_" + $0 : $0, $1) }).map {
                    "\(LogEscape.quoted($0)):\(LogEscape.quoted($1))"
                }
                write("{\(members.joined(separator: ","))}")
            }
        }
    }

    extension Logger {
        /// The log of a daemon on standard error; also what libraries log goes there. Called once.
        static func daemon(_ name: String, _ look: Live<LineLogHandler.Look>, clock: any WallClock) -> Logger {
            LoggingSystem.bootstrap { LineLogHandler(label: $0, look: look, clock: clock, write: StandardError.write) }
            return Logger(label: name)
        }
    }

    extension Configuration {
        /// How log lines look.
        var logLook: LineLogHandler.Look {
            LineLogHandler.Look(
                style: LineLogHandler.Style(rawValue: text("log.style")) ?? .text,
                level: Logger.Level(rawValue: text("log.level")) ?? .info)
        }
    }
#endif
