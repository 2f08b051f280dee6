// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a caller takes, by the header Accept (RFC 9110, 12.5.1): media ranges with their weights.
struct MediaRanges {
    private let weights: [String: Double]

    /// The ranges of a header; without one everything is taken. What is no range is passed over.
    init(_ header: String?) {
        var weights: [String: Double] = [:]
        for range in (header ?? "*/*").prefix(1000).split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
            guard let type = parts.first, type.contains("/") else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            weights[type] = max(weights[type] ?? 0, weight)
        }
        self.weights = weights
    }

    /// Whether the caller likes one type better than another, which is the one that is given where both are liked alike.
    func prefer(_ type: String, over usual: String) -> Bool { weight(of: type) > weight(of: usual) }

    /// The weight of the range that fits a type most closely; 0 where none does.
    private func weight(of type: String) -> Double {
        let group = type.split(separator: "/").first.map { "\($0)/*" } ?? ""
        return weights[type] ?? weights[group] ?? weights["*/*"] ?? 0
    }
}
