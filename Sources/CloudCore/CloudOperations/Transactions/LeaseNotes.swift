// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Foundation

extension StoreView {
    /// What people are to read who log in to running instances: what becomes of the machine next, from the moment on at which its owners
    /// are told of it. Instances whose people have nothing to read are left out.
    func dueNotes(of instances: [ID<InstanceKind>]) throws -> [ID<InstanceKind>: String] {
        let warned = try leases.all(.isIn(.id, instances.map(StoreValue.id))).compactMap { lease in lease.note.map { (lease.id, $0) } }
        return Dictionary(uniqueKeysWithValues: warned)
    }
}

extension InstanceLease {
    /// What people read in the running guest; nil where nobody was warned of anything.
    var note: String? {
        let suspend = warnings.suspend.flatMap { $0.told > 0 ? dates.suspendAt : nil }.map { ($0, "suspended") }
        let destroy = warnings.destroy.flatMap { $0.told > 0 ? dates.destroyAt : nil }.map { ($0, "destroyed") }
        guard let (date, act) = [suspend, destroy].compactMap(\.self).min(by: { $0.0 < $1.0 }) else { return nil }
        return """
            This machine will be \(act) at \(date.minuteText) UTC, when its lease ends.
            Its owner can renew the lease: lyceum instance renew \(id)

            """
    }
}

extension Timestamp {
    /// `2026-11-21 14:05`, in UTC.
    fileprivate var minuteText: String {
        let style = Date.ISO8601FormatStyle().year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)
        return String(Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(style).prefix(16))
    }
}
