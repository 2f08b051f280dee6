// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudOperations

/// What a daemon says of itself to Prometheus.
public protocol MetricsSource: Sendable {
    /// The text of this moment (text format 0.0.4). Throws `CloudError` where the store does not answer.
    func text(of cloud: Cloud) async throws -> String
}

extension CloudService {
    /// The answer with the metrics; for site operators, and for all where the daemon says so.
    func metrics(_ request: Request) async throws -> Answer {
        if !settings.metricsAreOpen {
            guard try request.principal().holds(.operateHosts) else {
                throw CloudError(.denied, ["verb": "metrics", "object": "the site", "needed": Permission.operateHosts.rawValue])
            }
        }
        guard let metrics else { throw CloudError(.unavailable, ["part": "metrics"], detail: "this daemon keeps none") }
        return Answer(
            status: 200, fields: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
            bytes: Array(try await metrics.text(of: cloud).utf8))
    }
}
