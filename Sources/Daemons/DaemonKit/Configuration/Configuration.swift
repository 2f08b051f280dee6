// SPDX-License-Identifier: Apache-2.0

/// The values of a daemon's settings: the environment over the file over the defaults.
public struct Configuration: Hashable, Sendable {
    /// The settings that there are.
    public let settings: [Setting]
    private let values: [String: Setting.Value]
    /// Where a value comes from, by key: `file:line` or the name of a variable; none for what is as usual.
    private let places: [String: String]

    /// Resolves the settings. `file` holds what a file said (``ConfigurationFile``); a variable that begins with the prefix and is no
    /// setting is refused as an unknown key in a file is, and so is a value that a setting's rule does not allow. Throws ``ConfigurationError``.
    public init(
        _ settings: [Setting], file: [String: Setting.Value] = [:], places: [String: String] = [:], environment: [String: String] = [:],
        prefix: String
    ) throws(ConfigurationError) {
        self.settings = settings
        var values: [String: Setting.Value] = [:]
        var places = places
        let variables = Dictionary(settings.map { ($0.variable(prefix: prefix), $0) }, uniquingKeysWith: { first, _ in first })
        for setting in settings { values[setting.key] = file[setting.key] ?? setting.standard }
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(prefix + "_") {
            guard let setting = variables[name] else {
                throw ConfigurationError(
                    place: name, reason: "there is no such setting; there are \(variables.keys.sorted().joined(separator: ", "))")
            }
            guard let value = setting.standard.reading(text) else {
                throw ConfigurationError(place: name, reason: "\(setting.standard.kind) is due here")
            }
            values[setting.key] = value
            places[setting.key] = name
        }
        for setting in settings {
            guard let value = values[setting.key], let objection = setting.rule.objection(to: value) else { continue }
            throw Self.refusal(setting.key, at: places[setting.key], objection)
        }
        self.values = values
        self.places = places
    }

    /// Says that the value of a setting is refused, and where it stands.
    func refusal(_ key: String, _ reason: String) -> ConfigurationError { Self.refusal(key, at: places[key], reason) }

    private static func refusal(_ key: String, at place: String?, _ reason: String) -> ConfigurationError {
        ConfigurationError(place: place ?? key, reason: place == nil ? reason : "\(key): \(reason)")
    }

    /// This configuration with the values of another where settings are live.
    private init(_ old: Configuration, live new: Configuration) {
        settings = old.settings
        let keys = Set(settings.filter(\.isLive).map(\.key))
        values = old.values.merging(new.values.filter { keys.contains($0.key) }) { $1 }
        places = old.places.filter { !keys.contains($0.key) }.merging(new.places.filter { keys.contains($0.key) }) { $1 }
    }

    /// What a reload makes of this configuration and the one that was read anew.
    public struct Reload: Sendable {
        /// What holds from now on.
        public let configuration: Configuration
        /// The settings that changed with it, in their order.
        public let changed: [String]
        /// Those that would take a restart.
        public let waiting: [String]
        /// Those that nothing changes any more: they were read when the site was made.
        public let settled: [String]
    }

    /// What becomes of this configuration when another is read anew.
    public func reloaded(with new: Configuration) -> Reload {
        let different = settings.filter { values[$0.key] != new.values[$0.key] }
        return Reload(
            configuration: Configuration(self, live: new), changed: different.filter(\.isLive).map(\.key),
            waiting: different.filter { !$0.isLive && !$0.isFirst }.map(\.key), settled: different.filter(\.isFirst).map(\.key))
    }

    /// A text; empty where the key is no text.
    public func text(_ key: String) -> String { if case .text(let text)? = values[key] { text } else { "" } }
    /// A number; 0 where the key is no number.
    public func number(_ key: String) -> Int { if case .number(let number)? = values[key] { number } else { 0 } }
    /// Yes or no; no where the key is neither.
    public func truth(_ key: String) -> Bool { if case .truth(let truth)? = values[key] { truth } else { false } }
    /// Texts; none where the key is no list.
    public func list(_ key: String) -> [String] { if case .list(let list)? = values[key] { list } else { [] } }

    /// Every setting with its value, where that comes from and what it is, a line each, for `--check-config`; secrets as `(set)`.
    public var summary: String {
        settings.map { setting in
            let from = places[setting.key].map { "from \($0); " } ?? ""
            return "\(setting.key) = \(shown(setting))    # \(from)\(setting.meaning)"
        }.joined(separator: "\n")
    }

    /// A value as a file spells it; a secret as `(set)`.
    func shown(_ setting: Setting) -> String { setting.secret && !text(setting.key).isEmpty ? "(set)" : shown(setting.key) }

    /// A value as a file spells it.
    func shown(_ key: String) -> String {
        switch values[key] {
        case .text(let text): "\"\(text)\""
        case .number(let number): String(number)
        case .truth(let truth): String(truth)
        case .list(let list): "[\(list.map { "\"\($0)\"" }.joined(separator: ", "))]"
        case nil: "nothing"
        }
    }
}
