// SPDX-License-Identifier: Apache-2.0
// The ICU headers clash with Foundation; reading XML needs none of them.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>
