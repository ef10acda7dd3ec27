#include "runtime/plan/trial.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "octavo/error.hpp"

namespace octavo {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr int kMaxRounds = 25;
/// After this many rounds a lead of 3 to 2 decides.
constexpr int kMinRounds = 3;

/// Whether the step runs on the random data: the states of a recurrent layer may leave the range of
/// floats, which cannot be quantized.
bool can_run(Step& step, const StepMemory& memory, Workers& workers) {
  try {
    step.run(memory, workers);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::non_finite) throw;
    return false;
  }
}

bool is_decided(std::vector<nanoseconds> times) {
  std::ranges::nth_element(times, times.begin() + 1);
  return 3 * times[0] < 2 * times[1];
}

void fill(std::span<float> x) {
  std::uint32_t state = 1;
  for (float& value : x) {
    state = state * 1664525U + 1013904223U;  // Numerical Recipes' linear congruential generator
    value = static_cast<float>(state >> 8U) * 0x1p-23F - 1.0F;
  }
}

}  // namespace

Trial::Trial(const NodeView& node, std::size_t scratch_bytes) {
  const auto add_buffer = [&](std::size_t bytes) {
    return buffers_.emplace_back(bytes + kernels::kReadSlack).data();
  };
  const auto bytes_of = [](const Value& value) {
    return element_count(value.shape) * size_of(value.type);
  };
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i) || operator_of(node.node().op).packs(i)) {
      memory_.inputs.push_back(nullptr);
    } else if (const Tensor* constant = node.constant(i)) {
      memory_.inputs.push_back(constant->data());
    } else {
      const Value& value = node.input(i);
      std::byte* data = add_buffer(bytes_of(value));
      if (value.type == DataType::float32) {
        fill({reinterpret_cast<float*>(data), element_count(value.shape)});
      } else if (value.type == DataType::int32) {  // lengths of sequences
        std::fill_n(reinterpret_cast<std::int32_t*>(data), element_count(value.shape),
                    std::numeric_limits<std::int32_t>::max());
      }
      memory_.inputs.push_back(data);
    }
  }
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    memory_.outputs.push_back(node.has_output(i) ? add_buffer(bytes_of(node.output(i))) : nullptr);
  }
  memory_.scratch = add_buffer(scratch_bytes);
}

std::vector<nanoseconds> Trial::compare(std::span<const std::unique_ptr<Step>> steps,
                                        Workers& workers, nanoseconds limit) {
  const WorkersAwake awake(workers);
  std::vector<nanoseconds> best(steps.size(), kFailed);
  const auto begin = Clock::now();
  std::vector<bool> runs(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) runs[i] = can_run(*steps[i], memory_, workers);
  for (int round = 1; round <= kMaxRounds; ++round) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!runs[i]) continue;
      const auto start = Clock::now();
      steps[i]->run(memory_, workers);
      best[i] = std::min<nanoseconds>(best[i], Clock::now() - start);
    }
    if (round >= kMinRounds && (is_decided(best) || Clock::now() - begin > limit)) break;
  }
  return best;
}

}  // namespace octavo
