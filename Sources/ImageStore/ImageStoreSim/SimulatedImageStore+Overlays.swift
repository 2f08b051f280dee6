// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import ImageStore

extension SimulatedImageStore: OverlayDisks {
    /// As ``OverlayDisks/ensure(_:_:)``.
    public func ensure(_ overlay: OverlayDescription, _ command: Command) async throws {
        try await call("overlay.ensure", overlay.disk.text, command) {
            try self.update { state in
                guard try state.ledger.admit(command, on: overlay.disk.text) == .fresh else { return }
                if let there = state.disks[overlay.disk] {
                    try overlay.accepts(there)
                    try state.mustBearNothing(overlay.disk)
                } else {
                    try state.check(overlay)
                    try state.room(for: State.overlaySize)
                    state.disks[overlay.disk] = overlay
                }
                state.ledger.done(command, on: overlay.disk.text)
            }
        }
    }

    /// As ``OverlayDisks/grow(_:to:_:)``.
    public func grow(_ disk: ID<DiskKind>, to size: ByteCount, _ command: Command) async throws {
        try await call("overlay.grow", disk.text, command) {
            try self.update { state in
                guard try state.ledger.admit(command, on: disk.text) == .fresh else { return }
                guard let there = state.disks[disk] else { throw CloudError(.notFound, ["object": disk.text]) }
                let grown = OverlayDescription(disk: disk, base: there.base, virtualSize: max(size, there.virtualSize))
                try grown.checkSize()
                state.disks[disk] = grown
                state.ledger.done(command, on: disk.text)
            }
        }
    }

    /// As ``OverlayDisks/rebase(_:_:)``.
    public func rebase(_ overlay: OverlayDescription, _ command: Command) async throws {
        try await call("overlay.rebase", overlay.disk.text, command) {
            try self.update { state in
                guard try state.ledger.admit(command, on: overlay.disk.text) == .fresh else { return }
                guard let there = state.disks[overlay.disk] else { throw CloudError(.notFound, ["object": overlay.disk.text]) }
                let moved = OverlayDescription(disk: overlay.disk, base: overlay.base, virtualSize: there.virtualSize)
                if there.base != overlay.base { try state.check(moved) }
                state.disks[overlay.disk] = moved
                state.ledger.done(command, on: overlay.disk.text)
            }
        }
    }

    /// As ``OverlayDisks/remove(_:_:)``.
    public func remove(_ disk: ID<DiskKind>, _ command: Command) async throws {
        try await call("overlay.remove", disk.text, command) {
            try self.update { state in
                guard try state.ledger.admit(command, on: disk.text) == .fresh else { return }
                try state.mustBearNothing(disk)
                state.disks[disk] = nil
                state.ledger.done(command, on: disk.text, isGone: true, keeping: State.goneKept)
            }
        }
    }

    /// As ``OverlayDisks/observe(_:)``.
    public func observe(_ overlay: OverlayDescription) async throws -> Evidence<OverlayDescription> {
        try await call("overlay.observe", overlay.disk.text) { snapshot().disks[overlay.disk].map { .present($0) } ?? .absent }
    }
}

extension SimulatedImageStore.State {
    /// Whether what a disk is to lie on is there and bears it.
    func check(_ overlay: OverlayDescription) throws(CloudError) {
        switch overlay.base {
        case .nothing: try overlay.checkSize()
        case .image(let id, _):
            guard let image = images[id] else { throw CloudError(.imageMissing, ["image": id.text]) }
            try overlay.check(on: image)
        case .layer(let layer):
            guard let there = disks[layer] else { throw CloudError(.notFound, ["object": layer.text]) }
            try overlay.check(on: there)
        }
    }

    /// Throws `image-in-use` where another disk lies on this one.
    func mustBearNothing(_ disk: ID<DiskKind>) throws(CloudError) {
        guard let upper = disks.values.filter({ $0.base == .layer(disk) }).map(\.disk).min() else { return }
        throw CloudError(.imageInUse, ["image": disk.text, "by": upper.text])
    }
}
