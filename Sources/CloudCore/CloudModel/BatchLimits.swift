// SPDX-License-Identifier: Apache-2.0

/// How much one request may ask for. The one place of these figures: verbs, the API's schema and the command line are held to it.
public enum BatchLimits {
    /// The most instances of one batch. A batch is one transaction, in which each member writes about ten rows, and all other writers
    /// wait for it meanwhile; more machines are more requests.
    public static let instances = 200
}
