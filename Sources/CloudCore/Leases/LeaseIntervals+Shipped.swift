// SPDX-License-Identifier: Apache-2.0

public import CloudModel

extension LeaseIntervals {
    /// Five hours, seven days: a lab session.
    public static let lab = LeaseIntervals(suspendAfter: .after(.seconds(5 * 3600)), destroyAfter: .after(.seconds(7 * 86_400)))
    /// Thirty days, 180 days: a project.
    public static let project = LeaseIntervals(suspendAfter: .after(.seconds(30 * 86_400)), destroyAfter: .after(.seconds(180 * 86_400)))
    /// A year, ten years: a server.
    public static let server = LeaseIntervals(suspendAfter: .after(.seconds(365 * 86_400)), destroyAfter: .after(.seconds(3650 * 86_400)))
}
