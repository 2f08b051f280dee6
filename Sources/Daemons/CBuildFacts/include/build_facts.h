// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The commit of the sources that were built; "development" where nobody said. In C, so that another commit compiles one line anew.
const char *_Nonnull lyceum_build_commit(void);

/// The version of all programs of this package; CHANGELOG.md says what is in it.
const char *_Nonnull lyceum_build_version(void);
