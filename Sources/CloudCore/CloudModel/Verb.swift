// SPDX-License-Identifier: Apache-2.0

/// Everything that is done to an object. Of those that people ask for (``asked``) one verb = one operation = one route = one command
/// of the command line (tested).
public enum Verb: String, Hashable, Sendable, Codable, CaseIterable {
    /// Let the records follow an instance that its host runs though they say that it is off. Done by the cloud itself.
    case adopt
    /// Take a forwarded port from the instance.
    case closeForwardedPort = "close-forwarded-port"
    /// Give it a data disk.
    case attachDisk = "attach-disk"
    /// Give it a port on a network.
    case attachPort = "attach-port"
    /// Keep its disk, and perhaps its memory, as they are now.
    case checkpoint
    /// Remove a disk whose time in the trash is over. Done by the cloud itself.
    case collect
    /// Look at its screen or speak with its serial line.
    case console
    /// Make an instance from a template.
    case create
    /// Remove a data disk that no instance has.
    case deleteDisk = "delete-disk"
    /// Take an instance to the trash.
    case destroy
    /// Take a data disk from it; the disk is kept.
    case detachDisk = "detach-disk"
    /// Take a port from it.
    case detachPort = "detach-port"
    /// Keep what a checkpoint holds no longer.
    case dropCheckpoint = "drop-checkpoint"
    /// Cut the power.
    case forceOff = "force-off"
    /// Make a disk of it larger.
    case growDisk = "grow-disk"
    /// Bring an image in.
    case importImage = "import-image"
    /// Make a template of an image.
    case createTemplate = "create-template"
    /// Tell the guest by which keys people log in.
    case installKeys = "install-keys"
    /// Forward a public port to the instance.
    case openForwardedPort = "open-forwarded-port"
    /// Let its processors stand still.
    case pause
    /// Ask the guest to reboot.
    case reboot
    /// Cut the power and give it again.
    case reset
    /// Let its processors go on.
    case resume
    /// Let a revision of a template be what instances are made from.
    case publishRevision = "publish-revision"
    /// Give it a new disk, as its template's revision has it.
    case rebuild
    /// Give it more or less processors and memory.
    case resize
    /// Let a revision of a template no longer be made instances of.
    case retireRevision = "retire-revision"
    /// Let its disk, and its memory where that was kept, be as they were at a checkpoint.
    case returnToCheckpoint = "return-to-checkpoint"
    /// Make a revision of a template of its disk.
    case saveAsTemplate = "save-as-template"
    /// Take an instance out of the trash.
    case recover
    /// Move the dates of its lease.
    case renew
    /// Look at it.
    case see
    /// Look at the password by which people log in.
    case seePassword = "see-password"
    /// Let the records follow what was seen of an instance. Done by the cloud itself.
    case settle
    /// Set the password by which people log in.
    case setPassword = "set-password"
    /// Ask the guest to shut down.
    case shutDown = "shut-down"
    /// Run it.
    case start
    /// Save its memory and release the host.
    case suspend
    /// Give it another name, description or tags. Changes nothing else (in CIRCLE a rename renewed the lease).
    case update
    /// Restore its memory.
    case wake

    /// The verbs that people ask for and that begin an operation: all but seeing and the console, which change nothing, and what the
    /// cloud does by itself.
    public static var asked: [Verb] {
        allCases.filter { ![.adopt, .collect, .console, .see, .seePassword, .settle].contains($0) }
    }

    /// The level on the object that the verb needs: to look, and to make something of it, is a user's; to work
    /// with it an operator's; to give it up an owner's.
    public var level: Level {
        switch self {
        case .see, .create: .user
        case .attachDisk, .attachPort, .checkpoint, .closeForwardedPort, .console, .detachDisk, .detachPort, .dropCheckpoint, .forceOff,
            .growDisk, .installKeys, .openForwardedPort, .pause, .reboot, .rebuild, .renew, .reset, .resize, .resume, .returnToCheckpoint,
            .seePassword, .setPassword, .shutDown, .start, .suspend, .update, .wake:
            .operator
        case .adopt, .collect, .deleteDisk, .destroy, .importImage, .createTemplate, .publishRevision, .recover, .retireRevision,
            .saveAsTemplate, .settle:
            .owner
        }
    }

    /// The site permission that the verb needs besides the level.
    public var permission: Permission? {
        switch self {
        case .create: .createInstance
        case .importImage, .createTemplate: .publishTemplate
        case .adopt, .collect, .settle: .operateHosts
        default: nil
        }
    }

    /// The states of an instance in which the verb is allowed; nil where the verb is not about an instance's state.
    public var allowedStates: Set<InstanceState>? {
        switch self {
        case .adopt: [.pending, .suspended, .stopped, .failed]
        case .start: [.pending, .stopped, .failed]
        case .installKeys, .pause, .reboot, .reset, .setPassword, .shutDown: [.running]
        case .suspend: [.running, .paused]
        case .resume: [.paused]
        case .wake: [.suspended]
        case .console: [.running, .paused]
        case .forceOff, .settle: [.running, .paused, .failed]
        case .destroy, .renew: [.pending, .running, .paused, .suspended, .stopped, .failed]
        case .openForwardedPort: [.pending, .stopped, .running]
        case .recover: [.destroyed]
        // A way in can be shut whatever the instance does.
        case .closeForwardedPort: [.pending, .running, .paused, .suspended, .stopped, .failed]
        case .update: Set(InstanceState.allCases)
        case .rebuild, .returnToCheckpoint: [.running, .stopped, .failed]
        case .attachDisk, .attachPort, .checkpoint, .detachDisk, .detachPort, .dropCheckpoint, .growDisk, .resize, .saveAsTemplate:
            [.running, .stopped]
        case .see, .seePassword, .collect, .deleteDisk, .create, .importImage, .createTemplate, .publishRevision, .retireRevision: nil
        }
    }

    /// Whether the verb is done with an instance whose host does not answer: it is about rows alone, or is wanted until the host answers
    /// (Documentation/decisions/0007-what-is-wanted-is-done.md).
    public var needsNoAnswer: Bool { [.closeForwardedPort, .destroy, .forceOff, .renew, .update].contains(self) }

    /// Whether the verb may take an instance over from a run that only waits for the guest, or is stuck
    /// (Documentation/decisions/0007-what-is-wanted-is-done.md): in whatever state that run left it, but the trash.
    public var takesOver: Bool { self == .forceOff || self == .destroy }

    /// Whether the verb may take an instance over from a run that has done all but wait for the guest, and only from such a one: in the
    /// states in which it is allowed alone. What that run still waited for is this one's.
    public var interrupts: Bool { self == .reset }

    /// Whether the verb has the instance to itself while it is at work. Names, ports and consoles wait for nobody.
    public var claims: Bool {
        switch self {
        case .update, .recover, .renew, .openForwardedPort, .closeForwardedPort, .console: false
        default: allowedStates != nil
        }
    }

    /// Why the verb is not allowed to an instance in a state: `state-forbids`; nil where it is, and for verbs that are not about a state.
    public func refusal(in state: InstanceState, of instance: ID<InstanceKind>) -> CloudError? {
        guard let allowedStates, !allowedStates.contains(state) else { return nil }
        return CloudError(
            .stateForbids,
            [
                "verb": rawValue, "state": state.rawValue, "object": instance.text,
                "allowed": allowedStates.map(\.rawValue).sorted().joined(separator: ", "),
            ])
    }
}
