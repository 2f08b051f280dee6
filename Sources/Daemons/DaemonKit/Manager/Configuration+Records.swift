// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudOperations

extension Configuration {
    /// A sentence for each setting that is read at the first start only and says something else than the records that it once made. Throws
    /// ``ConfigurationError`` where the API would listen at one of their public ports.
    public func differences(from recorded: SiteSetup) throws -> [String] {
        let (wanted, kept) = (try site(), recorded)
        try requireOwnPort(beside: kept.network)
        let facts: [(key: String, wanted: String, kept: String)] = [
            ("administrator", wanted.administrator, kept.administrator),
            ("network.ipv4", wanted.network.ipv4.description, kept.network.ipv4.description),
            ("network.ipv6", wanted.network.ipv6Prefix?.description ?? "", kept.network.ipv6Prefix?.description ?? ""),
            ("network.vlan", String(wanted.network.vlan), String(kept.network.vlan)),
            ("network.domain", wanted.network.domain, kept.network.domain),
            ("network.firstPort", String(wanted.network.firstPublicPort), String(kept.network.firstPublicPort)),
            ("network.lastPort", String(wanted.network.lastPublicPort), String(kept.network.lastPublicPort)),
            ("host.reserve", Self.mebibytes(wanted.host.reserve), Self.mebibytes(kept.host.reserve)),
            ("host.cpuRatio", String(wanted.host.cpuRatio), String(kept.host.cpuRatio)),
        ]
        return facts.filter { $0.wanted != $0.kept }.map {
            "\($0.key) is \(Self.said($0.wanted)) now, but was \(Self.said($0.kept)) at the first start, and that holds: it is read then only"
        }
    }

    private static func said(_ value: String) -> String { value.isEmpty ? "nothing" : value }
    private static func mebibytes(_ amount: ByteCount) -> String { String(amount.bytes >> 20) }
}
