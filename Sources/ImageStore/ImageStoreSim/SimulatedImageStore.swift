// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import ImageStore
import Synchronization

/// A store of images and disks in memory, which behaves as the real one down to its refusals: the same strict reader judges, space
/// runs out, fences go stale, an answer can be lost.
///
/// ```
///  call ──▶ faults(before) ──▶ [ admit, judge, change a copy, onChange(copy), keep it ] ──▶ faults(after) ──▶ answer
/// ```
/// What stands in brackets is one critical section: a crash leaves the state before or the state after, never one in between. It
/// keeps no bytes but the heads of uploads, so a simulated terabyte costs nothing.
public final class SimulatedImageStore: Sendable {
    /// Everything that the store is: compared, persisted and given to a new store after the end of the old.
    public struct State: Hashable, Sendable, Codable {
        /// Which store this is: for its refusals.
        public var store: String
        /// All its space.
        public var capacity: ByteCount
        /// Uploads, complete.
        public var uploads: [ID<UploadKind>: SimulatedUpload] = [:]
        /// Images, complete.
        public var images: [ID<ImageKind>: ImageFacts] = [:]
        /// Overlays.
        public var disks: [ID<DiskKind>: OverlayDescription] = [:]
        /// Copies that are under way: how far, in per cent.
        public var copies: [ID<ImageKind>: Int] = [:]
        /// What strangers left: names.
        public var strangers: [String] = []
        /// Fences and results.
        public var ledger = CommandLedger()
        /// Less than a real host's: the whole state is written with each effect.
        static let goneKept = 1000

        /// An empty store.
        public init(store: String = "store-simulated", capacity: ByteCount = .gibibytes(100)) {
            self.store = store
            self.capacity = capacity
        }

        /// What is written: the files of uploads and images, and four clusters for each overlay.
        public var used: ByteCount {
            let uploaded = uploads.values.reduce(ByteCount.zero) { $0 + $1.size }
            let published = images.values.reduce(ByteCount.zero) { $0 + $1.fileSize }
            return uploaded + published + Self.overlaySize * disks.count
        }
        /// What can still be written.
        public var free: ByteCount { capacity - used }
        /// What one new overlay takes: header, reference count table and block, first-level table, 64 KiB each.
        public static let overlaySize = ByteCount.kibibytes(256)

        func room(for needed: ByteCount) throws(CloudError) {
            guard needed <= free else {
                throw CloudError(.diskFull, ["store": store, "needed": needed.description, "free": free.description])
            }
        }
    }

    private let state: Mutex<State>
    private let onChange: @Sendable (State) throws -> Void
    private let faults: FaultHook
    private let memories: @Sendable () -> [ID<InstanceKind>]
    private let checkpoints: @Sendable () -> [ID<CheckpointKind>]
    private let seeds: @Sendable () -> [ID<InstanceKind>]
    private let remnants: @Sendable () -> [String]

    /// A store that goes on from a state.
    ///
    /// `onChange` persists the whole state before an effect is acknowledged; what it throws undoes the effect. `faults` is asked
    /// before and after every call. `memories` and `checkpoints` say which memories a hypervisor saved into this store, `seeds` whose seeds
    /// it put there, `remnants` what it left there besides: file names.
    public init(
        state: State = State(),
        onChange: @escaping @Sendable (State) throws -> Void = { _ in },
        faults: @escaping FaultHook = { _, _, _ in },
        memories: @escaping @Sendable () -> [ID<InstanceKind>] = { [] },
        checkpoints: @escaping @Sendable () -> [ID<CheckpointKind>] = { [] },
        seeds: @escaping @Sendable () -> [ID<InstanceKind>] = { [] },
        remnants: @escaping @Sendable () -> [String] = { [] }
    ) {
        self.state = Mutex(state)
        self.onChange = onChange
        self.faults = faults
        self.memories = memories
        self.checkpoints = checkpoints
        self.seeds = seeds
        self.remnants = remnants
    }

    /// The present state.
    public func snapshot() -> State { state.withLock { $0 } }

    /// Steps the store from outside, as an operator or a broken disk would: space shrinks, a file vanishes. Kept as any change is.
    public func intervene(_ change: @Sendable (inout State) -> Void) throws { try update { change(&$0) } }

    /// Changes a copy, persists it, then keeps it: all or nothing.
    func update<Value: Sendable>(_ change: (inout State) throws -> Value) throws -> Value {
        try state.withLock { current in
            var copy = current
            let value = try change(&copy)
            if copy != current { try onChange(copy) }
            current = copy
            return value
        }
    }

    /// One call with its hooks around it.
    func call<Value: Sendable>(_ name: String, _ subject: String, _ effect: @Sendable () throws -> Value) async throws -> Value {
        try await faults(name, subject, .before)
        let value = try effect()
        try await faults(name, subject, .after)
        return value
    }

    /// One command with its hooks around it.
    func call<Value: Sendable>(
        _ name: String, _ subject: String, _ command: Command, _ effect: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await CommandCopy.$current.withValue(CommandCopy(of: command) { _ = try effect() }) { try await call(name, subject, effect) }
    }
}

extension SimulatedImageStore: StoreObserver {
    /// Space now.
    public func space() async throws -> StoreSpace {
        try await call("store.space", "") { state.withLock { StoreSpace(total: $0.capacity, free: $0.free) } }
    }

    /// Everything that is there; memories, seeds and remnants as the injected lists say.
    public func inventory() async throws -> StoreContents {
        try await call("store.inventory", "") {
            let (saved, kept, seeds, remnants) = (memories().sorted(), checkpoints().sorted(), seeds().sorted(), remnants())
            return state.withLock { state in
                StoreContents(
                    images: state.images.keys.sorted(),
                    disks: state.disks.keys.sorted(),
                    taken: state.disks.mapValues { _ in State.overlaySize },
                    memories: saved,
                    checkpoints: kept,
                    seeds: seeds,
                    uploads: state.uploads.keys.sorted(),
                    strangers: (state.strangers + remnants).sorted()
                )
            }
        }
    }
}
