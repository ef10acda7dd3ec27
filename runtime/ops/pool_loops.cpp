#include <algorithm>
#include <cmath>

#include "runtime/ops/pool_steps.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/window_product.hpp"

namespace octavo::ops {
namespace {

/// Each step gives every output position its value from the window there.
template <class T>
class LoopPoolStep : public Step {
 public:
  LoopPoolStep(const NodeView& node, const SpatialWindow& window)
      : walk_(conv_walk(node, window)),
        images_(static_cast<std::size_t>(node.shape(0).front())),
        channels_(static_cast<std::size_t>(node.shape(0).back())) {}

  [[nodiscard]] std::string kernel() const override { return "loops"; }

 protected:
  /// Calls body(image, output position, input of the image, output pixel).
  template <class Body>
  void for_pixels(const StepMemory& memory, Workers& workers, const Body& body) const {
    const std::size_t positions = walk_.positions();
    for_ranges(workers, images_ * positions, channels_, [&](std::size_t begin, std::size_t end) {
      for (std::size_t at = begin; at < end; ++at) {
        const std::size_t image = at / positions;
        body(image, at % positions,
             memory.input<T>(0) + image * walk_.input_positions() * channels_,
             memory.output<T>(0) + at * channels_);
      }
    });
  }

  WindowWalk walk_;
  std::size_t images_, channels_;
};

template <class T>
class MaxStep final : public LoopPoolStep<T> {
  using Base = LoopPoolStep<T>;

 public:
  MaxStep(const NodeView& node, const SpatialWindow& window)
      : Base(node, window), columns_first_(node.integer("storage_order", 0) != 0) {
    const Shape& in = node.shape(0);
    spatial_.assign(in.begin() + 1, in.end() - 1);
  }

  void run(const StepMemory& memory, Workers& workers) override {
    auto* places = memory.outputs.size() > 1 ? memory.output<std::int64_t>(1) : nullptr;
    Base::for_pixels(memory, workers,
                     [&](std::size_t image, std::size_t position, const T* in, T* out) {
                       for (std::size_t c = 0; c < this->channels_; ++c) {
                         const std::size_t best = find(position, in + c);
                         out[c] = in[best * this->channels_ + c];
                         if (places == nullptr) continue;
                         const std::size_t plane = image * this->channels_ + c;
                         places[plane * this->walk_.positions() + position] = place(plane, best);
                       }
                     });
  }

 private:
  [[nodiscard]] std::size_t find(std::size_t position, const T* in) const {
    std::size_t best = SIZE_MAX;
    this->walk_.for_each(position, [&](std::size_t, std::size_t input) {
      if (best == SIZE_MAX || in[input * this->channels_] > in[best * this->channels_]) {
        best = input;
      }
    });
    return best;
  }

  /// The number of an input element in the order of the file, or with the first spatial dimension
  /// innermost.
  [[nodiscard]] std::int64_t place(std::size_t plane, std::size_t position) const {
    if (columns_first_) {
      std::size_t moved = 0;
      std::size_t stride = this->walk_.input_positions();
      for (std::size_t i = spatial_.size(); i-- > 0;) {
        stride /= spatial_[i];
        moved += position % spatial_[i] * stride;
        position /= spatial_[i];
      }
      position = moved;
    }
    return static_cast<std::int64_t>(plane * this->walk_.input_positions() + position);
  }

  bool columns_first_;
  std::vector<std::size_t> spatial_;
};

class AverageStep final : public LoopPoolStep<float> {
 public:
  /// `padded` holds the number of window positions inside the padded input, by output position;
  /// empty: padding does not count.
  AverageStep(const NodeView& node, const SpatialWindow& window, std::vector<double> padded)
      : LoopPoolStep(node, window), padded_(std::move(padded)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    for_pixels(memory, workers,
               [&](std::size_t, std::size_t position, const float* in, float* out) {
                 for (std::size_t c = 0; c < channels_; ++c) {
                   double sum = 0.0;
                   double count = 0.0;
                   walk_.for_each(position, [&](std::size_t, std::size_t input) {
                     sum += in[input * channels_ + c];
                     count += 1.0;
                   });
                   out[c] = static_cast<float>(sum / (padded_.empty() ? count : padded_[position]));
                 }
               });
  }

 private:
  std::vector<double> padded_;
};

/// The p-norm of each window.
class NormStep final : public LoopPoolStep<float> {
 public:
  NormStep(const NodeView& node, const SpatialWindow& window)
      : LoopPoolStep(node, window), p_(static_cast<double>(node.integer("p", 2))) {}

  void run(const StepMemory& memory, Workers& workers) override {
    for_pixels(memory, workers,
               [&](std::size_t, std::size_t position, const float* in, float* out) {
                 for (std::size_t c = 0; c < channels_; ++c) {
                   double sum = 0.0;
                   walk_.for_each(position, [&](std::size_t, std::size_t input) {
                     sum += std::pow(std::abs(static_cast<double>(in[input * channels_ + c])), p_);
                   });
                   out[c] = static_cast<float>(std::pow(sum, 1.0 / p_));
                 }
               });
  }

 private:
  double p_;
};

/// The number of window positions inside the padded input, by output position.
std::vector<double> padded_counts(const NodeView& node, const SpatialWindow& window) {
  const Shape& in = node.shape(0);
  const Shape& out = node.output(0).shape;
  std::vector<double> counts{1.0};
  for (std::size_t i = 0; i < window.rank(); ++i) {
    const std::int64_t padded = in[i + 1] + window.pads_begin[i] + window.pads_end[i];
    std::vector<double> next;
    for (const double count : counts) {
      for (std::int64_t o = 0; o < out[i + 1]; ++o) {
        const std::int64_t room = (padded - 1 - o * window.strides[i]) / window.dilations[i] + 1;
        next.push_back(count * static_cast<double>(std::min(room, window.kernel[i])));
      }
    }
    counts = std::move(next);
  }
  return counts;
}

}  // namespace

std::unique_ptr<Step> make_loop_pool(const NodeView& node, const SpatialWindow& window) {
  if (node.node().op == Op::AveragePool) {
    const bool include = node.integer("count_include_pad", 0) != 0;
    return std::make_unique<AverageStep>(
        node, window, include ? padded_counts(node, window) : std::vector<double>());
  }
  if (node.node().op != Op::MaxPool) return std::make_unique<NormStep>(node, window);
  switch (node.input(0).type) {
    case DataType::int8:
      return std::make_unique<MaxStep<std::int8_t>>(node, window);
    case DataType::uint8:
      return std::make_unique<MaxStep<std::uint8_t>>(node, window);
    default:
      return std::make_unique<MaxStep<float>>(node, window);
  }
}

}  // namespace octavo::ops
