// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Quotas

extension StoreTransaction {
    /// Takes amounts from the group that is charged and from its user: both quotas hold, the
    /// defaults where an account has no limits of its own. The first refusal is thrown.
    func charge(_ needs: ResourceAmounts, to group: ID<GroupKind>, and user: ID<UserKind>, defaults: ResourceAmounts) throws {
        for account in [group.text, user.text] {
            let known = try quotas.rows.find(key: account)
            var row = known ?? QuotaAccount(id: account, limits: nil, used: .zero)
            row.used = try Quotas.take(needs, from: row, defaults: defaults)
            if known == nil { try quotas.insert(row) } else { try quotas.update(row) }
        }
    }

    /// Throws ``CloudModel/ErrorCode/quotaExceeded`` where one of the two could not take amounts once it has given back what is held. Takes
    /// nothing.
    func requireQuota(
        of needs: ResourceAmounts, insteadOf held: ResourceAmounts, for group: ID<GroupKind>, and user: ID<UserKind>,
        defaults: ResourceAmounts
    ) throws {
        for account in [group.text, user.text] {
            var row = try quotas.rows.find(key: account) ?? QuotaAccount(id: account, limits: nil, used: .zero)
            row.used = Quotas.giveBack(held, to: row)
            _ = try Quotas.take(needs, from: row, defaults: defaults)
        }
    }

    /// Counts for both what is used already, whatever their limits say.
    func count(_ amounts: ResourceAmounts, for group: ID<GroupKind>, and user: ID<UserKind>) throws {
        for account in [group.text, user.text] {
            let known = try quotas.rows.find(key: account)
            var row = known ?? QuotaAccount(id: account, limits: nil, used: .zero)
            row.used = row.used + amounts
            if known == nil { try quotas.insert(row) } else { try quotas.update(row) }
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
