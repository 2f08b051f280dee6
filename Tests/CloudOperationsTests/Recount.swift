// SPDX-License-Identifier: Apache-2.0

import CloudCore

extension StoreView {
    /// The accounts that say something else than a recount of what there is: a sentence for each (invariant I22).
    func miscounted() throws -> [String] {
        var amounts: [String: ResourceAmounts] = [:]
        func count(_ used: ResourceAmounts, _ group: ID<GroupKind>, _ owner: ID<UserKind>) {
            for account in [group.text, owner.text] { amounts[account] = (amounts[account] ?? .zero) + used }
        }
        for instance in try instances.all(.equals(.alive, .integer(1))) {
            var used = ResourceAmounts(instances: 1)
            for disk in try disks.all(.equals(.instance, .id(instance.id))) where disk.owner == nil {
                used.disk = used.disk + disk.virtualSize
            }
            for kept in try checkpoints.all(.equals(.instance, .id(instance.id))) { used.disk = used.disk + (kept.memory ?? .zero) }
            used.forwardedPorts = try forwardedPorts.count(.equals(.instance, .id(instance.id)))
            if let claim = try claims.find(instance.id) { (used.cpus, used.memory) = (claim.cpus, claim.memory) }
            count(used, instance.group, instance.owner)
        }
        for disk in try disks.all() {
            if let group = disk.group, let owner = disk.owner { count(ResourceAmounts(disk: disk.virtualSize), group, owner) }
        }
        // Saved templates; images that were brought in are charged nothing.
        for image in try images.all() { count(ResourceAmounts(disk: image.charged), image.group, image.owner) }
        return try quotas.all().compactMap { account in
            let counted = amounts[account.id] ?? .zero
            return account.used == counted ? nil : "\(account.id) has \(account.used), and there are \(counted)"
        }
    }
}
