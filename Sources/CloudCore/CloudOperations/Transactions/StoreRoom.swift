// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import ImageStore

extension StoreView {
    /// Throws `store-full` while nothing new takes room for good in a store: by the last word of a host that sees it and the settings of
    /// now, and with so much more taken of it. What is there already may go on using what is left.
    func requireRoom(in store: ID<StoreKind>, for needed: ByteCount = .zero, by settings: Settings) throws {
        for host in try hosts.all(.equals(.store, .id(store))) {
            guard let word = try evidence.find(host.id) else { continue }
            let space = StoreSpace(total: word.totalDisk, free: word.freeDisk)
            try space.require(needed, in: store, by: settings)
        }
    }
}

extension World {
    /// Throws `store-full` where a store says now that no more is left than what is there already may need: what takes long to come is
    /// looked at again on its way. A store that does not answer refuses nothing here; whatever is written next does.
    func requireRoom(in store: ID<StoreKind>, seenBy observer: any StoreObserver) async throws {
        let space: StoreSpace
        do { space = try await observer.space() } catch let error where error is CloudError || error is OutcomeUnknown { return }
        try space.require(.zero, in: store, by: settings)
    }
}

extension StoreSpace {
    /// So many per cent of all of it.
    func part(_ percent: Int) -> ByteCount { ByteCount(bytes: total.bytes / 100 * Int64(percent)) }

    /// Throws `store-full` where no more would be left than what is there already may need once so much is taken.
    fileprivate func require(_ needed: ByteCount, in store: ID<StoreKind>, by settings: Settings) throws(CloudError) {
        guard free < part(settings.reservedPercent) + needed else { return }
        throw CloudError(.storeFull, figures(by: settings).merging(["store": store.text]) { $1 })
    }

    /// Whether no more is left than what is there already may need (``Settings/reservedPercent``).
    func isFull(by settings: Settings) -> Bool { free < part(settings.reservedPercent) }

    /// What a refusal and an alarm say of it.
    func figures(by settings: Settings) -> [String: String] {
        ["free": free.description, "total": total.description, "percent": String(settings.reservedPercent)]
    }
}
