// SPDX-License-Identifier: Apache-2.0

import CloudAPI

/// A folder of paths whose last part is a secret: it is shown in no log and in no answer. Who reads logs is not to open the consoles of
/// others, nor to renew by their links.
struct SecretPath {
    /// A ticket for a console.
    static let console = SecretPath(folder: "/v1/console/", parameter: "ticket")
    /// The token of a link that renews.
    static let renewal = SecretPath(folder: RenewalBody.folder, parameter: "token")

    let folder: String
    let parameter: String

    var route: String { "\(folder){\(parameter)}" }

    /// A path as others may read it: the route where it holds a secret.
    static func shown(_ path: String) -> String { [console, renewal].first { path.hasPrefix($0.folder) }?.route ?? path }
}
