// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// The rules of quotas: what a group and a person may use, checked in the transaction that takes it.
public enum Quotas {
    /// The use after taking more; throws ``CloudModel/ErrorCode/quotaExceeded`` with the quota, the figures and the account for the first amount
    /// that would exceed its limit. Nothing is taken partly.
    /// - Parameter defaults: the limits of an account that has none of its own.
    public static func take(_ needs: ResourceAmounts, from account: QuotaAccount, defaults: ResourceAmounts) throws(CloudError)
        -> ResourceAmounts
    {
        let after = account.used + needs
        func check(_ quota: String, _ amount: Int64, _ used: Int64, _ asked: Int64, _ limit: Int64, _ text: (Int64) -> String)
            throws(CloudError)
        {
            guard asked > 0, amount > limit else { return }
            throw CloudError(
                .quotaExceeded,
                ["quota": quota, "limit": text(limit), "used": text(used), "asked": text(asked), "group": account.id])
        }
        let (used, limits) = (account.used, account.limits ?? defaults)
        func number(_ value: Int64) -> String { String(value) }
        func size(_ value: Int64) -> String { ByteCount(bytes: value).description }
        try check("instances", Int64(after.instances), Int64(used.instances), Int64(needs.instances), Int64(limits.instances), number)
        try check("disk", after.disk.bytes, used.disk.bytes, needs.disk.bytes, limits.disk.bytes, size)
        try check("cpus", Int64(after.cpus.count), Int64(used.cpus.count), Int64(needs.cpus.count), Int64(limits.cpus.count), number)
        try check("memory", after.memory.bytes, used.memory.bytes, needs.memory.bytes, limits.memory.bytes, size)
        try check(
            "forwarded-ports", Int64(after.forwardedPorts), Int64(used.forwardedPorts), Int64(needs.forwardedPorts),
            Int64(limits.forwardedPorts), number)
        return after
    }

    /// The use after giving back; never below zero.
    public static func giveBack(_ amounts: ResourceAmounts, to account: QuotaAccount) -> ResourceAmounts { account.used - amounts }
}
