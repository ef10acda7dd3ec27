#include "runtime/plan/choose.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "kernels/aligned_buffer.hpp"
#include "runtime/ops/product.hpp"

namespace octavo {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBudget{200};
constexpr std::chrono::milliseconds kLayerBudget{20};
constexpr int kMinRounds = 3;
constexpr int kMaxRounds = 25;

/// Memory to run one product in.
class Trial {
 public:
  Trial(const NodeView& node, std::size_t scratch_bytes)
      : input_(element_count(node.shape(0)) + kSlack),
        output_(element_count(node.output(0).shape) + kSlack),
        scratch_(scratch_bytes + kernels::kReadSlack) {
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < input_.size(); ++i) {
      state = state * 1664525U + 1013904223U;  // Numerical Recipes' linear congruential generator
      input_[i] = static_cast<float>(state >> 8U) * 0x1p-23F - 1.0F;
    }
    memory_.inputs.assign(node.input_count(), nullptr);
    memory_.inputs[0] = reinterpret_cast<const std::byte*>(input_.data());
    if (node.has_input(ops::kAddend)) {
      addend_ = kernels::AlignedBuffer<float>(output_.size());
      memory_.inputs[ops::kAddend] = reinterpret_cast<const std::byte*>(addend_.data());
    }
    memory_.outputs = {reinterpret_cast<std::byte*>(output_.data())};
    memory_.scratch = scratch_.data();
  }

  std::chrono::nanoseconds time(Step& step, Workers& workers) {
    const auto begin = Clock::now();
    step.run(memory_, workers);
    return Clock::now() - begin;
  }

 private:
  static constexpr std::size_t kSlack = kernels::kReadSlack / sizeof(float);
  kernels::AlignedBuffer<float> input_;
  kernels::AlignedBuffer<float> output_;
  kernels::AlignedBuffer<float> addend_;
  kernels::AlignedBuffer<std::byte> scratch_;
  StepMemory memory_;
};

/// Layers with equal keys run at equal speed.
std::string key_of(const NodeView& node) {
  std::string key =
      std::string(to_string(node.node().op)) + to_string(node.shape(0)) + to_string(node.shape(1));
  for (const std::string_view name : {"pads", "strides", "dilations"}) {
    key += to_string(node.integers(name, {}));
  }
  key += node.text("auto_pad", "") + std::to_string(node.integer("group", 1));
  key += node.text("activation", "");
  return node.has_input(ops::kAddend) ? key + "+" : key;
}

}  // namespace

PrecisionChooser::PrecisionChooser(const PlanContext& context)
    : context_(context), workers_(context.parallel, context.threads) {}

std::unique_ptr<Step> PrecisionChooser::prepare(const NodeView& node, Precision precision) const {
  PlanContext context = context_;
  context.precision = precision;
  return operator_of(node.node().op).prepare(node, context);
}

std::unique_ptr<Step> PrecisionChooser::faster(const NodeView& float_node,
                                               const NodeView& int8_node) {
  const std::string key = key_of(float_node);
  const auto known = known_.find(key);
  if (known != known_.end()) {
    return prepare(known->second == Precision::int8 ? int8_node : float_node, known->second);
  }
  std::unique_ptr<Step> int8_step = prepare(int8_node, Precision::int8);
  if (spent_ > kBudget) return int8_step;

  std::unique_ptr<Step> float_step = prepare(float_node, Precision::float32);
  Trial trial(float_node, std::max(float_step->scratch_bytes(), int8_step->scratch_bytes()));
  const auto begin = Clock::now();
  trial.time(*float_step, workers_);
  trial.time(*int8_step, workers_);
  auto best_float = std::chrono::nanoseconds::max();
  auto best_int8 = std::chrono::nanoseconds::max();
  for (int round = 0; round < kMaxRounds; ++round) {
    best_float = std::min(best_float, trial.time(*float_step, workers_));
    best_int8 = std::min(best_int8, trial.time(*int8_step, workers_));
    if (round + 1 >= kMinRounds && Clock::now() - begin > kLayerBudget) break;
  }
  spent_ += Clock::now() - begin;
  const bool int8_wins = best_int8 < best_float;
  known_[key] = int8_wins ? Precision::int8 : Precision::float32;
  return int8_wins ? std::move(int8_step) : std::move(float_step);
}

}  // namespace octavo
