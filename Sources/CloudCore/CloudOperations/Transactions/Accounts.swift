// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Quotas

extension StoreTransaction {
    /// Takes amounts from the group that is charged and from its user: both quotas hold. The first refusal is thrown.
    func charge(_ needs: ResourceAmounts, to group: ID<GroupKind>, and user: ID<UserKind>, limits: ResourceAmounts) throws {
        for account in [group.text, user.text] {
            if var known = try quotas.rows.find(key: account) {
                known.used = try Quotas.take(needs, from: known)
                try quotas.update(known)
            } else {
                var fresh = QuotaAccount(id: account, limits: limits, used: .zero)
                fresh.used = try Quotas.take(needs, from: fresh)
                try quotas.insert(fresh)
            }
        }
    }

    /// Gives amounts back to both.
    func giveBack(_ amounts: ResourceAmounts, to group: ID<GroupKind>, and user: ID<UserKind>) throws {
        for account in [group.text, user.text] {
            guard var known = try quotas.rows.find(key: account) else { continue }
            known.used = Quotas.giveBack(amounts, to: known)
            try quotas.update(known)
        }
    }
}

extension Instance {
    /// What it counts while a host holds it.
    var hostNeeds: ResourceAmounts { ResourceAmounts(cpus: cpus, memory: memory) }
}
