#pragma once

/// What a shared libdiptych exports. All else is hidden, in the static library too, so that a
/// library which is built over it exports nothing of diptych's.
#ifdef DIPTYCH_SHARED
#define DIPTYCH_API __attribute__((visibility("default")))
#else
#define DIPTYCH_API
#endif
