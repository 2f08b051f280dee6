// SPDX-License-Identifier: Apache-2.0

// What the module Glibc leaves out: how malloc shares memory among threads (mallopt(3)).
#include <malloc.h>
