// SPDX-License-Identifier: Apache-2.0

// When would a machine be suspended and destroyed, and when is its owner warned? The rules alone: no cloud, no clock of their own.
// Try `swift run LeaseCalculator lab`, `project` or `server`.

import CloudModel
import Foundation
import Leases

let policies: [String: LeaseIntervals] = ["lab": .lab, "project": .project, "server": .server]
guard let name = CommandLine.arguments.dropFirst().first, let policy = policies[name] else {
    print("usage: LeaseCalculator lab|project|server")
    exit(2)
}
let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
let dates = Leases.renewed(from: nil, by: policy, at: now)
let later = Leases.renewed(from: dates, by: policy, at: now + .seconds(3600))

func show(_ what: String, _ moment: Timestamp?) {
    let date = moment.map { Date(timeIntervalSince1970: Double($0.milliseconds) / 1000).ISO8601Format() }
    print(what.padding(toLength: 34, withPad: " ", startingAt: 0), date ?? "never")
}
show("suspended if it runs", dates.suspendAt)
show("destroyed", dates.destroyAt)
for lead in Leases.warningLeads(of: policy.destroyAfter) { show("  warned before that", dates.destroyAt.map { $0 - lead }) }
show("renewed an hour later: suspended", later.suspendAt)
show("renewed an hour later: destroyed", later.destroyAt)
