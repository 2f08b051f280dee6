// SPDX-License-Identifier: Apache-2.0
#include "build_facts.h"

#ifndef LYCEUM_COMMIT
#define LYCEUM_COMMIT "development"
#endif

const char *lyceum_build_commit(void) { return LYCEUM_COMMIT; }
const char *lyceum_build_version(void) { return "0.1.0"; }
