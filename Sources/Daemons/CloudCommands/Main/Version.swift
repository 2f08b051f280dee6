// SPDX-License-Identifier: Apache-2.0

import CBuildFacts

/// The version of this command; CHANGELOG.md says what is in it.
let version = String(cString: lyceum_build_version())
/// The commit of its sources, shortened; `development` where whoever built it did not say.
let commit = String(cString: lyceum_build_commit())
