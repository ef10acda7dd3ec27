#pragma once

/// The parts of octavo_bench_kernels. Each registers its rows with Google Benchmark; the names are
///   <isa>/...                              single kernels,
///   roofline/<isa>/<what>                  what the machine can do at most,
///   pass/range_quantize/<size>             what int8 costs on top of a product,
///   layer/<shape>/<who>/<precision>/t<n>   whole layers, by Octavo and by its peers.
/// The peers that the build found are listed in peers.def, which CMake writes.
namespace octavo::bench {

void register_products();
void register_vectors();
void register_roofline();
void register_passes();
void register_octavo();

#define OCTAVO_PEER(id) void register_##id();
#include "peers.def"
#undef OCTAVO_PEER

}  // namespace octavo::bench
