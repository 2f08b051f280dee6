// SPDX-License-Identifier: Apache-2.0

/// The version of this command; CHANGELOG.md says what is in it.
let version = "0.1.0"
