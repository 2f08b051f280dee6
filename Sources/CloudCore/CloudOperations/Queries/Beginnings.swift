// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore

extension Cloud {
    /// The setup as the records have it: what a site began with stays, whatever ``prepare(_:)`` is given later.
    public func recorded(_ setup: SiteSetup) async throws -> SiteSetup {
        try await world.store.read { view in
            var recorded = setup
            if let administrator = try view.users.find(setup.administratorID) { recorded.administrator = administrator.login }
            if let host = try view.hosts.find(setup.host.id) { recorded.host = host }
            if let network = try view.networks.find(setup.network.id) { recorded.network = network }
            return recorded
        }
    }
}
