// SPDX-License-Identifier: Apache-2.0

/// Everything that can be asked for. One verb = one operation = one route = one command of the command line (tested).
public enum Verb: String, Hashable, Sendable, Codable, CaseIterable {
    /// Make an instance from a template.
    case create
    /// Take an instance to the trash.
    case destroy
    /// Cut the power.
    case forceOff = "force-off"
    /// Bring an image in.
    case importImage = "import-image"
    /// Make a template of an image.
    case createTemplate = "create-template"
    /// Forward a public port to the instance.
    case openForwardedPort = "open-forwarded-port"
    /// Look at it.
    case see
    /// Ask the guest to shut down.
    case shutDown = "shut-down"
    /// Run it.
    case start
    /// Save its memory and release the host.
    case suspend
    /// Restore its memory.
    case wake

    /// The level on the object that the verb needs (domain.md, table of verbs).
    public var level: Level {
        switch self {
        case .see, .create: .user
        case .start, .suspend, .wake, .shutDown, .forceOff, .openForwardedPort: .operator
        case .destroy, .importImage, .createTemplate: .owner
        }
    }

    /// The site permission that the verb needs besides the level.
    public var permission: Permission? {
        switch self {
        case .create: .createInstance
        case .importImage, .createTemplate: .publishTemplate
        default: nil
        }
    }

    /// The states of an instance in which the verb is allowed; nil where the verb is not about an instance's state.
    public var allowedStates: Set<InstanceState>? {
        switch self {
        case .start: [.pending, .stopped, .failed]
        case .suspend, .shutDown: [.running]
        case .wake: [.suspended]
        case .forceOff: [.running, .paused, .failed]
        case .destroy: [.pending, .running, .paused, .suspended, .stopped, .failed]
        case .openForwardedPort: [.pending, .stopped, .running]
        case .see, .create, .importImage, .createTemplate: nil
        }
    }
}
