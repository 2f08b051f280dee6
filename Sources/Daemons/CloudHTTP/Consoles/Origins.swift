// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation

/// Which pages may open consoles. A browser says of whose page a request is and lets no page lie about it; a caller that is no browser
/// says nothing, and has to have a ticket as all have.
enum Origins {
    /// Throws `origin-refused` for a page that is neither the daemon's own (the authority of Host), nor one of the public address on a
    /// scheme's own port (forwarded ports of guests have the same address), nor one that the settings name.
    static func check(_ fields: Fields, publicAddress: String?, allowed: [String]) throws(CloudError) {
        guard let origin = fields["Origin"] else { return }
        let refusal = CloudError(.originRefused, ["origin": String(origin.prefix(200))])
        guard fields.count(of: "Origin") == 1 else { throw refusal }
        if allowed.contains(origin) { return }
        guard let scheme = ["http://", "https://"].first(where: origin.hasPrefix) else { throw refusal }
        let authority = origin.dropFirst(scheme.count).lowercased()
        let usual = scheme == "http://" ? ":80" : ":443"
        let host = fields["Host"]?.lowercased() ?? ""
        if !host.isEmpty, authority == host || authority + usual == host || authority == host + usual { return }
        if let publicAddress, authority == publicAddress.lowercased() || authority == "[\(publicAddress.lowercased())]" { return }
        throw refusal
    }
}
