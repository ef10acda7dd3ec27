#pragma once

/// Marks the public symbols: what a shared build of Octavo exports. Everything else stays hidden.
#define OCTAVO_EXPORT __attribute__((visibility("default")))
