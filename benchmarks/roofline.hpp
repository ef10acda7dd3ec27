#pragma once

#include <cstddef>

namespace octavo::bench {

/// What one core can do at most with the instructions of a kernel, without their loads and stores.
struct InstructionMix {
  const char* name;
  double mac;                         ///< multiply-accumulates of one round
  void (*run)(std::size_t) noexcept;  ///< so many rounds
};

/// The probes of one instruction set; defined in a file of its own, compiled with its flags.
struct Probes {
  InstructionMix float_fma;    ///< multiply and add in float
  InstructionMix int8_chain4;  ///< the int8 chains (kernels/body/int8_tiles.hpp), four groups long
  InstructionMix int16;        ///< products of int16 pairs, as of full-range and Winograd weights
  /// Reads `bytes`, a multiple of 1024, at aligned p.
  void (*read)(const std::byte* p, std::size_t bytes) noexcept;
};

extern const Probes avx2_probes;

}  // namespace octavo::bench
