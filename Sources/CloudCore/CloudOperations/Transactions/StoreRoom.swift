// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import ImageStore

extension StoreView {
    /// Throws `store-full` while nothing new takes room for good in a store: by the last word of a host that sees it and the settings of
    /// now. What is there already may go on using what is left.
    func requireRoom(in store: ID<StoreKind>, by settings: Settings) throws {
        for host in try hosts.all(.equals(.store, .id(store))) {
            guard let word = try evidence.find(host.id) else { continue }
            let space = StoreSpace(total: word.totalDisk, free: word.freeDisk)
            guard space.isFull(by: settings) else { continue }
            throw CloudError(.storeFull, space.figures(by: settings).merging(["store": store.text]) { $1 })
        }
    }
}

extension StoreSpace {
    /// So many per cent of all of it.
    func part(_ percent: Int) -> ByteCount { ByteCount(bytes: total.bytes / 100 * Int64(percent)) }

    /// Whether no more is left than what is there already may need (``Settings/reservedPercent``).
    func isFull(by settings: Settings) -> Bool { free < part(settings.reservedPercent) }

    /// What a refusal and an alarm say of it.
    func figures(by settings: Settings) -> [String: String] {
        ["free": free.description, "total": total.description, "percent": String(settings.reservedPercent)]
    }
}
